// Serves what operators and scenarios ask of the scheduler: to move a VM, to cancel a move, to switch a host off or on. An answer
// comes when the host has answered; how a move ends is told by events.

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
import type { PowerSwitch } from './power-switch.ts';

const PHASE_NAMES = ['unknown', 'waiting to be placed', 'starting', 'running', 'paused', 'missing', 'stopped'];
const STATE_NAMES = ['unknown', 'on', 'in standby', 'waking', 'lost'];

export class OperatorDesk {
  readonly #view: ClusterView;
  readonly #migrations: Migrations;
  readonly #power: PowerSwitch;
  readonly #events: EventWriter;
  /** Undefined before the cluster is configured. */
  readonly #times: () => MigrationTimes | undefined;

  constructor(
    view: ClusterView,
    migrations: Migrations,
    power: PowerSwitch,
    events: EventWriter,
    times: () => MigrationTimes | undefined,
  ) {
    this.#view = view;
    this.#migrations = migrations;
    this.#power = power;
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
    switch (command.kind) {
      case 'migrate':
        return this.#migrate(command);
      case 'cancel':
        return this.#cancel(command.migration);
      case 'standby':
      case 'wake':
        return this.#switch(command);
    }
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

  /** The scheduler's own view changes at once, so that nothing is placed on a host that is going to sleep. */
  async #switch({ kind, host: name, why }: Extract<SchedulerCommand, { kind: 'standby' | 'wake' }>): Promise<Answer> {
    const times = this.#times();
    if (times === undefined) throw schedulerErrors.create('SCHEDULER_NOT_READY', {});
    const { state } = this.#view;
    const host = this.#knownHost(name);
    const hostState = state.hosts.state[host]!;
    // Asked twice, answered as the first time.
    if (kind === 'standby' ? hostState === HostState.standby : hostState === HostState.on) return { ok: true };
    if (kind === 'wake' && hostState === HostState.waking) return { ok: true };
    if (kind === 'standby') {
      if (hostState !== HostState.on) {
        throw schedulerErrors.create('SCHEDULER_HOST_NOT_AWAKE', { host: name, state: STATE_NAMES[hostState]! });
      }
      const vms: string[] = [];
      for (const vm = state.vmCursor().on(host); vm.next(); ) vms.push(vm.name);
      if (vms.length > 0) throw schedulerErrors.create('SCHEDULER_HOST_BUSY', { host: name, vms: vms.join(', ') });
    }
    const because = `asked for: ${why}`;
    this.#events.write({ kind: 'scheduler.decided', decision: kind, subject: name, why: because });
    const answer = await this.#power.request(host, kind, because, times.intervalNs);
    if (answer === undefined) throw schedulerErrors.create('SCHEDULER_HOST_SILENT', { host: name });
    return answer;
  }

  #vm(name: string): number {
    const vm = this.#view.state.vmIndex(name);
    if (vm !== undefined) return vm;
    const names = [...this.#view.specifications.keys()];
    throw schedulerErrors.create('SCHEDULER_NO_VM', { vm: name, hint: hint(name, names) });
  }

  #knownHost(name: string): number {
    const host = this.#view.state.hostIndex(name);
    if (host !== undefined) return host;
    throw schedulerErrors.create('SCHEDULER_NO_HOST', { host: name, hint: hint(name, [...this.#view.hosts.keys()]) });
  }

  #host(name: string): number {
    const { state } = this.#view;
    const host = this.#knownHost(name);
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
