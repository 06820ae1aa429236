// Starts and stops VMs on hosts: claims the owner record, sends the command, and sees to it that a lost answer is neither a lost VM
// nor a second copy. A host that refused certainly does not run the VM, so another may have the record; a host that is silent might, so
// only the same start is tried again there.

import {
  HostState,
  hostCalled,
  NONE,
  type Owned,
  type Ownership,
  VmPhase,
  vmCalled,
} from '../../shared/cluster/mod.ts';
import type { EventWriter, VmSpecification } from '../../shared/protocol/mod.ts';
import { type Clock, hasCode } from '../../shared/runtime/mod.ts';
import type { ClusterView } from './cluster-view.ts';
import type { HostRequests } from './host-requests.ts';

/** Chosen: so many refusals, and the VM waits for somebody to write its specification again. */
const REFUSALS_MAX = 5;
/** Chosen: a host that refused a VM is not asked again for so many scheduling intervals. */
const REFUSED_INTERVALS = 10;
/** Chosen: a VM that was claimed and that nobody reports is started (again) after so many intervals. */
const UNSEEN_INTERVALS_MAX = 3;
/** Chosen: and so many times at most; then a person has to look. */
const RESTARTS_MAX = 5;

export class VmStarter {
  readonly #view: ClusterView;
  readonly #clock: Clock;
  readonly #events: EventWriter;
  readonly #requests: HostRequests;
  readonly #ownership: Ownership;
  readonly #watch: (work: Promise<void>) => void;
  /** VMs for which a command is under way. */
  readonly #busy = new Set<string>();
  readonly #refusals = new Map<string, number>();
  /** Since when a claimed VM has been waited for, and how often its start was repeated. */
  readonly #claimed = new Map<string, { sinceNs: number; restarts: number }>();

  constructor(
    view: ClusterView,
    clock: Clock,
    events: EventWriter,
    requests: HostRequests,
    ownership: Ownership,
    watch: (work: Promise<void>) => void,
  ) {
    this.#view = view;
    this.#clock = clock;
    this.#events = events;
    this.#requests = requests;
    this.#ownership = ownership;
    this.#watch = watch;
  }

  /** Begins to start a pending VM. */
  place(vm: number, host: number, why: string, intervalNs: number): void {
    const { state } = this.#view;
    const specification = this.#view.specifications.get(state.vms.names[vm]!);
    if (specification === undefined || this.#busy.has(specification.vm)) return;
    state.place(vm, host);
    state.setVmPhase(vm, VmPhase.starting);
    this.#alone(specification.vm, () => this.#start(specification, this.#view.hostName(host), why, intervalNs));
  }

  /** Takes up what is left undone: claimed VMs that nobody reports, and VMs that nobody wants any more. */
  resume(intervalNs: number): void {
    const { state, specifications } = this.#view;
    if (state.vmCounts[VmPhase.starting] === 0) {
      this.#claimed.clear();
      return;
    }
    const now = this.#clock.now();
    for (const vm = state.vmCursor(); vm.next(); ) {
      const { name } = vm;
      if (vm.phase !== VmPhase.starting) this.#claimed.delete(name);
      const specification = specifications.get(name);
      if (vm.phase !== VmPhase.starting || specification === undefined || this.#busy.has(name)) continue;
      const claimed = this.#claimed.get(name) ?? { sinceNs: now, restarts: 0 };
      this.#claimed.set(name, claimed);
      const isDue = now - claimed.sinceNs >= UNSEEN_INTERVALS_MAX * intervalNs;
      if (!isDue || claimed.restarts === RESTARTS_MAX || state.hosts.state[vm.host] !== HostState.on) continue;
      claimed.sinceNs = now;
      claimed.restarts += 1;
      const host = this.#view.hostName(vm.host);
      const why = `${hostCalled(host)} owns it and does not list it`;
      if (claimed.restarts === RESTARTS_MAX) this.#events.write({ kind: 'vm.refused', vm: name, why });
      else this.#alone(name, () => this.#start(specification, host, why, intervalNs));
    }
  }

  /** Stops VMs whose specification is gone. `wanted` are those that were asked for before. */
  retire(wanted: ReadonlySet<string>): void {
    const { state, specifications } = this.#view;
    for (const name of wanted) {
      if (specifications.has(name) || this.#busy.has(name)) continue;
      const vm = state.vmIndex(name);
      if (vm === undefined) continue;
      const phase = state.vms.phase[vm]!;
      if (phase === VmPhase.pending || phase === VmPhase.stopped) {
        this.#alone(name, () => this.#forget(name, this.#view.owner(name)?.host));
      } else if (state.vms.migratingTo[vm] === NONE && state.vms.host[vm] !== NONE) {
        const host = this.#view.hostName(state.vms.host[vm]!);
        this.#alone(name, () => this.#stop(name, host));
      }
    }
  }

  // ---- start ----

  async #start(specification: VmSpecification, host: string, why: string, intervalNs: number): Promise<void> {
    const { vm } = specification;
    const claim = await this.#claim(vm, host);
    if (claim === undefined) return;
    const { owned, isNew } = claim;
    if (isNew) this.#events.write({ kind: 'vm.placed', vm, host, epoch: owned.record.epoch, why });
    const answer = await this.#requests.ask(host, { kind: 'start', specification, owner: owned.record });
    if (answer === undefined) {
      this.#fail(`starting ${vmCalled(vm)} on ${hostCalled(host)}`, 'the host does not answer; it is asked again');
    } else if (answer.ok) {
      this.#refusals.delete(vm);
    } else if (answer.code === 'HOST_NOT_OWNER') {
      // The record has moved on: an earlier start arrived, and the VM has ended since. Whatever it says now is true.
      const now = await this.#ownership.read(vm);
      if (now !== undefined) this.#view.observer.observeOwner(now.record);
    } else if (answer.code === 'HOST_VM_ENDED') {
      // It ran there under this epoch and is over; the host may not have got that into the store yet.
      this.#refusals.delete(vm);
      const index = this.#view.state.vmIndex(vm);
      if (index !== undefined) this.#view.observer.stopped(index);
      await this.#release(vm, host);
    } else if (answer.code === 'HOST_VM_EXISTS') {
      // It runs there under another epoch, so it must not be started elsewhere; its host's next report tells.
      this.#fail(`starting ${vmCalled(vm)} on ${hostCalled(host)}`, answer.message);
    } else {
      this.#refused(vm, host, answer.message, intervalNs);
    }
  }

  /** The record that makes `host` the owner; undefined when it cannot be had now. */
  async #claim(vm: string, host: string): Promise<{ owned: Owned; isNew: boolean } | undefined> {
    let outcome = await this.#ownership.claim(vm, host);
    if (outcome.kind === 'lost' && outcome.now !== undefined && outcome.now.record.released !== true) {
      if (outcome.now.record.host === host) return { owned: outcome.now, isNew: false };
      // Only a VM that its last owner refused to start comes here; it runs nowhere.
      if (this.#refusals.has(vm)) outcome = await this.#ownership.swap(outcome.now, host);
    }
    if (outcome.kind === 'done') {
      const index = this.#view.state.vmIndex(vm);
      if (index !== undefined) this.#view.observer.observeOwner(outcome.owned.record);
      return { owned: outcome.owned, isNew: true };
    }
    if (outcome.kind === 'unknown') {
      this.#fail(`claiming ${vmCalled(vm)} for ${hostCalled(host)}`, 'the store does not answer; it is asked again');
    } else if (outcome.now !== undefined) {
      const { record } = outcome.now;
      this.#fail(
        `claiming ${vmCalled(vm)} for ${hostCalled(host)}`,
        `${hostCalled(record.host)} owns it in epoch ${record.epoch}`,
      );
      this.#view.observer.observeOwner(record);
    }
    return undefined;
  }

  #refused(name: string, host: string, message: string, intervalNs: number): void {
    const { state } = this.#view;
    const refusals = (this.#refusals.get(name) ?? 0) + 1;
    this.#refusals.set(name, refusals);
    const vm = state.vmIndex(name);
    const index = state.hostIndex(host);
    if (vm === undefined || index === undefined) return;
    if (refusals < REFUSALS_MAX) {
      this.#fail(`starting ${vmCalled(name)} on ${hostCalled(host)}`, message);
      state.forbidden.forbid(vm, index, this.#clock.now() + REFUSED_INTERVALS * intervalNs);
      this.#view.letWait(vm);
      return;
    }
    this.#refusals.delete(name);
    this.#view.observer.stopped(vm);
    const why = `refused ${REFUSALS_MAX} times, last by ${hostCalled(host)}: ${message}. Write its specification again to try anew`;
    this.#events.write({ kind: 'vm.refused', vm: name, why });
    this.#alone(`${name}/release`, async () => {
      await this.#release(name, host);
    });
  }

  // ---- stop ----

  async #stop(name: string, host: string): Promise<void> {
    const why = 'its specification was deleted';
    this.#events.write({ kind: 'scheduler.decided', decision: 'stop', subject: name, why });
    const answer = await this.#requests.ask(host, { kind: 'stop', vm: name });
    if (answer?.ok === true) {
      this.#view.forget(name);
      return;
    }
    if (answer !== undefined && answer.code === 'HOST_VM_NOT_HERE') return this.#forget(name, host);
    this.#fail(
      `stopping ${vmCalled(name)} on ${hostCalled(host)}`,
      answer?.message ?? 'the host does not answer; it is asked again',
    );
  }

  /** A VM that runs nowhere: what its last owner had is released. If the record has moved on, there is more to stop. */
  async #forget(name: string, host: string | undefined): Promise<void> {
    if (host !== undefined && !(await this.#release(name, host))) return;
    if (!this.#view.specifications.has(name)) this.#view.forget(name);
  }

  /** Whether nobody owns the VM now. Only for one that `host` says, or whose record says, that it does not run there. */
  async #release(name: string, host: string): Promise<boolean> {
    const owned = await this.#ownership.read(name);
    if (owned === undefined || owned.record.released === true) return true;
    return owned.record.host === host && (await this.#ownership.release(owned)).kind === 'done';
  }

  // ---- plumbing ----

  #fail(what: string, why: string): void {
    this.#events.write({ kind: 'scheduler.failed', what, why });
  }

  /** At most one piece of work per VM at a time. */
  #alone(name: string, work: () => Promise<void>): void {
    this.#busy.add(name);
    const done = (): void => {
      this.#busy.delete(name);
    };
    this.#watch(
      work().then(done, (error: unknown) => {
        done();
        if (!hasCode(error, 'RUNTIME_TIMEOUT')) throw error;
        this.#fail(`tending ${vmCalled(name)}`, `${error.message}; it is done again`);
      }),
    );
  }
}
