// Requests of the conductor: sent again, under the same name, while the cluster is in between (a VM on the move, a host that
// wakes, an answer that was lost), up to a deadline.

import {
  type Answer,
  answerCodec,
  BUCKET_OWNERS,
  type HostCommand,
  hostCommandCodec,
  type OwnerRecord,
  ownerRecordCodec,
  type SchedulerCommand,
  schedulerCommandCodec,
  subjects,
} from '../protocol/mod.ts';
import { type Clock, hasCode, NS_PER_MS, NS_PER_S, type Store, type Transport } from '../runtime/mod.ts';

/** Chosen: an answer takes a round trip and at most a quantum. */
const REQUEST_TIMEOUT_NS = 2 * NS_PER_S;
const RETRY_FIRST_NS = 50 * NS_PER_MS;
const RETRY_MAX_NS = NS_PER_S;

/** Answers after which the same request may well succeed. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'HOST_VM_NOT_HERE',
  'HOST_VM_BUSY',
  'HOST_NOT_ON',
  'HOST_CONSOLE_FULL',
  'SCHEDULER_NOT_READY',
  'SCHEDULER_VM_MOVING',
  'SCHEDULER_VM_NOT_RUNNING',
  'SCHEDULER_HOST_NOT_ON',
  'SCHEDULER_HOST_SILENT',
  'CONDUCTOR_NO_OWNER',
]);

export interface RequestPorts {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly store: Store;
}

export class Requests {
  readonly #ports: RequestPorts;
  readonly #signal: AbortSignal;

  /** After the signal nothing is repeated. */
  constructor(ports: RequestPorts, signal: AbortSignal) {
    this.#ports = ports;
    this.#signal = signal;
  }

  toHost(host: string, command: HostCommand): Promise<Answer> {
    return this.#request(subjects.hostCommand(host), hostCommandCodec.encode(command));
  }

  toScheduler(command: SchedulerCommand): Promise<Answer> {
    return this.#request(subjects.schedulerCommand, schedulerCommandCodec.encode(command));
  }

  /** To whichever host owns the VM at that moment. */
  async toOwner(vm: string, command: HostCommand): Promise<Answer> {
    const owner = await this.#owner(vm);
    if (owner === undefined) return refusal('CONDUCTOR_NO_OWNER', `nobody owns ${vm}`);
    return this.toHost(owner.host, command);
  }

  /** The last answer, when it stays a refusal until the deadline, or always will. */
  async persistently(request: () => Promise<Answer>, durationNs: number): Promise<Answer> {
    const { clock } = this.#ports;
    const deadlineNs = clock.now() + durationNs;
    let pauseNs = RETRY_FIRST_NS;
    for (;;) {
      const answer = await this.#attempt(request);
      const again = !answer.ok && (PASSING_CODES.has(answer.code) || answer.code.startsWith('RUNTIME_'));
      if (!again || this.#signal.aborted || clock.now() + pauseNs > deadlineNs) return answer;
      await clock.sleep(pauseNs);
      pauseNs = Math.min(2 * pauseNs, RETRY_MAX_NS);
    }
  }

  async #attempt(request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await request();
    } catch (error) {
      if (hasCode(error, 'RUNTIME_TIMEOUT', 'RUNTIME_NO_RESPONDER')) return refusal(error.code, error.message);
      throw error;
    }
  }

  async #request(subject: string, payload: Uint8Array): Promise<Answer> {
    return answerCodec.decode(await this.#ports.transport.request(subject, payload, REQUEST_TIMEOUT_NS));
  }

  async #owner(vm: string): Promise<OwnerRecord | undefined> {
    const entry = await (await this.#ports.store.bucket(BUCKET_OWNERS)).get(vm);
    const owner = entry === undefined ? undefined : ownerRecordCodec.decode(entry.value);
    return owner?.released === true ? undefined : owner;
  }
}

function refusal(code: string, message: string): Answer {
  return { ok: false, code, message };
}
