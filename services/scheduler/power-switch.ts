// Sends hosts to standby and wakes them. Until telemetry agrees, the state says what was asked for: a report that was on its way when the
// command was sent must not make the scheduler place VMs on a host that is going to sleep.

import { HostState, hostCalled } from '../../shared/cluster/mod.ts';
import type { Answer, EventWriter } from '../../shared/protocol/mod.ts';
import type { Clock } from '../../shared/runtime/mod.ts';
import type { ClusterView } from './cluster-view.ts';
import { ASK_LIMIT_NS, type HostRequests } from './host-requests.ts';

/** Chosen: a host that refused to sleep is left alone for so many scheduling intervals. */
const REFUSED_INTERVALS = 5;
/** Chosen: reports may lag behind an answer by so many intervals. */
const LAG_INTERVALS = 3;

interface Intent {
  readonly state: typeof HostState.standby | typeof HostState.waking;
  readonly untilNs: number;
}

export class PowerSwitch {
  readonly #view: ClusterView;
  readonly #clock: Clock;
  readonly #events: EventWriter;
  readonly #requests: HostRequests;
  readonly #watch: (work: Promise<void>) => void;
  readonly #intents = new Map<number, Intent>();
  readonly #restUntilNs = new Map<number, number>();

  constructor(
    view: ClusterView,
    clock: Clock,
    events: EventWriter,
    requests: HostRequests,
    watch: (work: Promise<void>) => void,
  ) {
    this.#view = view;
    this.#clock = clock;
    this.#events = events;
    this.#requests = requests;
    this.#watch = watch;
  }

  /** Whether a host would be asked now, or has refused lately. */
  isReady(host: number): boolean {
    return (this.#restUntilNs.get(host) ?? 0) <= this.#clock.now();
  }

  standby(host: number, why: string, intervalNs: number): void {
    this.#intend(host, HostState.standby, LAG_INTERVALS * intervalNs);
    this.#watch(this.#ask(host, 'standby', why, intervalNs).then(() => undefined));
  }

  wake(host: number, why: string, intervalNs: number): void {
    this.#intend(host, HostState.waking, this.#view.state.hosts.wakeDelayNs[host]! + LAG_INTERVALS * intervalNs);
    this.#watch(this.#ask(host, 'wake', why, intervalNs).then(() => undefined));
  }

  /** For somebody who waits for the host's answer; undefined when it stays silent. */
  request(host: number, kind: 'standby' | 'wake', why: string, intervalNs: number): Promise<Answer | undefined> {
    const delayNs = kind === 'wake' ? this.#view.state.hosts.wakeDelayNs[host]! : 0;
    const state = kind === 'wake' ? HostState.waking : HostState.standby;
    this.#intend(host, state, delayNs + LAG_INTERVALS * intervalNs);
    return this.#ask(host, kind, why, intervalNs);
  }

  /** To be called after each report of a host, which has just set its state. */
  hold(host: number): void {
    const intent = this.#intents.get(host);
    if (intent === undefined) return;
    const { state } = this.#view;
    const reported = state.hosts.state[host];
    const isDone = intent.state === HostState.standby ? reported === HostState.standby : reported !== HostState.standby;
    if (isDone || this.#clock.now() > intent.untilNs) this.#intents.delete(host);
    else state.setHostState(host, intent.state);
  }

  #intend(host: number, state: Intent['state'], limitNs: number): void {
    this.#intents.set(host, { state, untilNs: this.#clock.now() + ASK_LIMIT_NS + limitNs });
    this.#view.state.setHostState(host, state);
  }

  async #ask(host: number, kind: 'standby' | 'wake', why: string, intervalNs: number): Promise<Answer | undefined> {
    const name = this.#view.hostName(host);
    const answer = await this.#requests.ask(name, { kind, why });
    if (answer?.ok === true) return answer;
    const what = kind === 'standby' ? `sending ${hostCalled(name)} to standby` : `waking ${hostCalled(name)}`;
    this.#events.write({ kind: 'scheduler.failed', what, why: answer?.message ?? 'the host does not answer' });
    // Its next report says how it is.
    this.#intents.delete(host);
    this.#restUntilNs.set(host, this.#clock.now() + REFUSED_INTERVALS * intervalNs);
    return answer;
  }
}
