// Serves what operators and scenarios ask of the scheduler: to move a VM, to cancel a move. An answer comes when the source host
// has answered; how a move ends is told by events.

import { HostState, hostCalled, NONE, nearestName, VmPhase } from '../../shared/cluster/mod.ts';
import { chooseDestination } from '../../shared/policies/mod.ts';
import {
  type Answer,
  answerCodec,
  type EventWriter,
  type SchedulerCommand,
  schedulerCommandCodec,
} from '../../shared/protocol/mod.ts';
import { CodedError, type Message } from '../../shared/runtime/mod.ts';
import type { ClusterView } from './cluster-view.ts';
import { schedulerErrors } from './errors.ts';
import type { Migrations, MigrationTimes } from './migrations.ts';

const PHASE_NAMES = ['unknown', 'waiting to be placed', 'starting', 'running', 'paused', 'missing', 'stopped'];
const STATE_NAMES = ['unknown', 'on', 'in standby', 'waking', 'lost'];

export class OperatorDesk {
  readonly #view: ClusterView;
  readonly #migrations: Migrations;
  readonly #events: EventWriter;
  /** Undefined before the cluster is configured. */
  readonly #times: () => MigrationTimes | undefined;

  constructor(view: ClusterView, migrations: Migrations, events: EventWriter, times: () => MigrationTimes | undefined) {
    this.#view = view;
    this.#migrations = migrations;
    this.#events = events;
    this.#times = times;
  }

  async serve(message: Message): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#perform(schedulerCommandCodec.decode(message.payload));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      answer = { ok: false, code: error.code, message: error.message };
    }
    message.respond?.(answerCodec.encode(answer));
  }

  #perform(command: SchedulerCommand): Promise<Answer> {
    return command.kind === 'migrate' ? this.#migrate(command) : this.#cancel(command.migration);
  }

  async #migrate({ vm: name, to: wanted, why }: Extract<SchedulerCommand, { kind: 'migrate' }>): Promise<Answer> {
    const times = this.#times();
    if (times === undefined) throw schedulerErrors.create('SCHEDULER_NOT_READY', {});
    const { state } = this.#view;
    const vm = this.#vm(name);
    const to = wanted === undefined ? undefined : this.#host(wanted);
    // Asked twice, answered as the first time.
    if (to !== undefined && state.vms.host[vm] === to) return { ok: true };
    const flight = this.#migrations.of(name);
    if (flight !== undefined && state.vms.migratingTo[vm] !== NONE) {
      const { migration } = flight;
      if (wanted === undefined || flight.to === wanted) return { ok: true, result: migration };
      throw schedulerErrors.create('SCHEDULER_VM_MOVING', { vm: name, to: flight.to, migration });
    }
    const phase = state.vms.phase[vm]!;
    if (phase !== VmPhase.running && phase !== VmPhase.paused) {
      throw schedulerErrors.create('SCHEDULER_VM_NOT_RUNNING', { vm: name, phase: PHASE_NAMES[phase]! });
    }
    const destination = to ?? chooseDestination(state, vm);
    if (destination === undefined) throw schedulerErrors.create('SCHEDULER_NO_ROOM', { vm: name });
    const from = this.#view.hostName(state.vms.host[vm]!);
    const because = `asked for: ${why}`;
    this.#events.write({
      ...{ kind: 'scheduler.decided', decision: 'migrate', subject: name },
      why: `${because} (from ${hostCalled(from)} to ${hostCalled(this.#view.hostName(destination))})`,
    });
    const answer = await this.#migrations.begin(vm, destination, because, times);
    if (answer === undefined) throw schedulerErrors.create('SCHEDULER_HOST_SILENT', { host: from });
    return answer;
  }

  async #cancel(migration: string): Promise<Answer> {
    const answering = this.#migrations.cancel(migration);
    if (answering === undefined) throw schedulerErrors.create('SCHEDULER_NO_MIGRATION', { migration });
    const answer = await answering;
    if (answer === undefined) throw schedulerErrors.create('SCHEDULER_HOST_SILENT', { host: 'of the VM' });
    return answer;
  }

  #vm(name: string): number {
    const vm = this.#view.state.vmIndex(name);
    if (vm !== undefined) return vm;
    const names = [...this.#view.specifications.keys()];
    throw schedulerErrors.create('SCHEDULER_NO_VM', { vm: name, hint: hint(name, names) });
  }

  #host(name: string): number {
    const { state } = this.#view;
    const host = state.hostIndex(name);
    if (host === undefined) {
      throw schedulerErrors.create('SCHEDULER_NO_HOST', { host: name, hint: hint(name, [...this.#view.hosts.keys()]) });
    }
    const hostState = state.hosts.state[host]!;
    if (hostState === HostState.on) return host;
    throw schedulerErrors.create('SCHEDULER_HOST_NOT_ON', { host: name, state: STATE_NAMES[hostState]! });
  }
}

function hint(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `did you mean ${nearest}?`;
  return known.length === 0 ? 'there are none' : `there are ${known.length}, see lightsout status`;
}
