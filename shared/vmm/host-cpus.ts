// A host's physical CPUs: from one moment of cluster time to another they retire instructions of the host's VMs, by
// reservation, limit and shares (cpu-shares.ts). Everything it decides follows from host memory and its two arguments, so a replay is
// exact whatever thread runs it. CPU time is counted in ns; a slice of n instructions takes n × 10⁹ / instructionsPerSecond.

import type { Core } from '../machine/mod.ts';
import { ShareTree } from './cpu-shares.ts';
import { HEADER } from './host-layout.ts';
import type { HostMemory } from './host-memory.ts';
import { Vm } from './vm.ts';
import { RunState, StopCode, VM_HEADER } from './vm-block.ts';

/** Chosen: short against what a person notices, long against the cost of a switch. VMs that compete take turns of this length. */
export const TIME_SLICE_NS = 1_000_000;

/** The guest's timebase is 10 MHz: one tick is 100 ns. */
const NS_PER_TICK = 100;
const NS_PER_S = 1e9;

export class HostCpus {
  readonly #host: HostMemory;
  readonly #core: Core;
  readonly #vms: { vm: Vm; generation: number; block: number }[] = [];
  /** When the present quantum began. */
  #fromNs = 0;

  constructor(host: HostMemory, core: Core) {
    this.#host = host;
    this.#core = core;
  }

  /** Runs all CPUs from `fromNs` to `toNs`, and leaves in the header when they have to run next. */
  run(fromNs: number, toNs: number): void {
    this.#fromNs = fromNs;
    const vms = this.#runnableVms(fromNs);
    const shares = new ShareTree(this.#host.view, vms);
    this.#payVmmDebt(fromNs, toNs);
    for (let cpu = this.#earliestCpu(fromNs); this.#cpuTime(cpu) < toNs; cpu = this.#earliestCpu(fromNs)) {
      const now = this.#cpuTime(cpu);
      const vm = this.#next(shares, vms, now);
      if (vm === undefined) this.#setCpuTime(cpu, Math.min(toNs, earliestStart(shares, vms, now)));
      else this.#runSlice(cpu, vm, shares, vms, now, toNs);
    }
    this.#settle(shares, vms, toNs);
  }

  #runSlice(cpu: number, vm: Vm, shares: ShareTree, vms: readonly Vm[], now: number, toNs: number): void {
    const rate = this.#host.instructionsPerSecond;
    const end = this.#rivalExists(vms, vm, now, toNs) ? Math.min(toNs, now + TIME_SLICE_NS) : toNs;
    // At least one instruction, so that time always moves; the overshoot is less than one instruction and is kept in the CPU's time.
    const budget = Math.max(1, Math.floor(((end - now) * rate) / NS_PER_S));
    const readyAt = vm.f64(VM_HEADER.readyAtNs);
    vm.setF64(VM_HEADER.stealNs, vm.f64(VM_HEADER.stealNs) + Math.max(0, now - readyAt));
    vm.machine.beginSlice(Math.floor(now / NS_PER_TICK), rate);
    const reason = vm.machine.run(budget);
    const ranNs = (vm.machine.executed * NS_PER_S) / rate;
    const until = now + ranNs;
    vm.setF64(VM_HEADER.runNs, vm.f64(VM_HEADER.runNs) + ranNs);
    vm.setF64(VM_HEADER.instructions, vm.f64(VM_HEADER.instructions) + vm.machine.executed);
    shares.charge(vm, now, ranNs);
    vm.setF64(VM_HEADER.freeAtNs, until);
    vm.setF64(VM_HEADER.readyAtNs, until);
    vm.setU32(VM_HEADER.ready, reason === 'budget' ? 1 : 0);
    if (reason === 'console') vm.setU32(VM_HEADER.consoleBlocked, 1);
    if (reason === 'shutdown' || reason === 'fault') {
      vm.setU32(VM_HEADER.runState, RunState.stopped);
      vm.setU32(VM_HEADER.stopCode, StopCode[reason]);
      vm.setU32(VM_HEADER.exitCode, vm.machine.exitCode);
    }
    this.#addBusy(ranNs);
    this.#setCpuTime(cpu, until);
  }

  /** The VM whose turn it is, among those that are runnable. */
  #next(shares: ShareTree, vms: readonly Vm[], now: number): Vm | undefined {
    for (const vm of vms) if (vm.u32(VM_HEADER.ready) === 0 && runnableAt(vm, now) <= now) this.#wake(shares, vm, now);
    return shares.next(now, (vm) => runnableAt(vm, now) <= now);
  }

  #wake(shares: ShareTree, vm: Vm, now: number): void {
    const wakeTick = vm.machine.nextWakeTick();
    // Without a timer that fell due it was woken from outside, and that happens between quanta only.
    const wakeNs = wakeTick === 0 ? this.#fromNs : wakeTick * NS_PER_TICK;
    const readyAt = Math.max(vm.f64(VM_HEADER.freeAtNs), Math.min(now, wakeNs));
    vm.setF64(VM_HEADER.readyAtNs, readyAt);
    // A VM on another CPU, or between two turns, is active too.
    shares.wake(vm, readyAt, (other) => other !== vm && other.u32(VM_HEADER.ready) === 1);
    vm.setU32(VM_HEADER.ready, 1);
  }

  /** Whether another VM could want a CPU before `toNs`; without one there is no reason to cut a slice short. */
  #rivalExists(vms: readonly Vm[], vm: Vm, now: number, toNs: number): boolean {
    for (const other of vms) if (other !== vm && runnableAt(other, now) < toNs) return true;
    return false;
  }

  /** The CPU time that copying and hashing pages took is the host's, not its VMs'. */
  #payVmmDebt(fromNs: number, toNs: number): void {
    const debt = this.#host.view.getFloat64(HEADER.vmmDebtNs, true);
    if (debt === 0) return;
    const cpu = this.#earliestCpu(fromNs);
    const now = this.#cpuTime(cpu);
    const paid = Math.max(0, Math.min(debt, toNs - now));
    this.#host.view.setFloat64(HEADER.vmmDebtNs, debt - paid, true);
    this.#addBusy(paid);
    this.#setCpuTime(cpu, now + paid);
  }

  /** Counts the steal of those who wait at the end, and leaves word when there is work again. */
  #settle(shares: ShareTree, vms: readonly Vm[], toNs: number): void {
    let next = this.#host.view.getFloat64(HEADER.vmmDebtNs, true) > 0 ? toNs : Number.POSITIVE_INFINITY;
    for (const vm of vms) {
      if (vm.runState !== RunState.running || vm.u32(VM_HEADER.consoleBlocked) === 1) continue;
      const runnable = runnableAt(vm, toNs);
      next = Math.min(next, Math.max(runnable, shares.limitedUntil(vm)));
      if (runnable > toNs) continue;
      if (vm.u32(VM_HEADER.ready) === 0) this.#wake(shares, vm, toNs);
      const readyAt = vm.f64(VM_HEADER.readyAtNs);
      if (readyAt >= toNs) continue;
      vm.setF64(VM_HEADER.stealNs, vm.f64(VM_HEADER.stealNs) + toNs - readyAt);
      vm.setF64(VM_HEADER.readyAtNs, toNs);
    }
    this.#host.view.setFloat64(HEADER.nextRunNs, Math.max(next, toNs), true);
  }

  #runnableVms(fromNs: number): Vm[] {
    const runnable: Vm[] = [];
    for (let slot = 0; slot < this.#host.vmSlotsUsed; slot += 1) {
      const block = this.#host.vmBlock(slot);
      if (block === 0) continue;
      const generation = Vm.generation(this.#host, slot);
      let known = this.#vms[slot];
      if (known?.block !== block || known.generation !== generation) {
        known = { vm: Vm.attach(this.#host, this.#core, slot), generation, block };
        this.#vms[slot] = known;
      }
      if (known.vm.runState === RunState.running) runnable.push(known.vm);
    }
    for (let cpu = 0; cpu < this.#host.cpus; cpu += 1) this.#setCpuTime(cpu, Math.max(fromNs, this.#cpuTime(cpu)));
    return runnable;
  }

  #earliestCpu(fromNs: number): number {
    let earliest = 0;
    let earliestNs = Math.max(fromNs, this.#cpuTime(0));
    for (let cpu = 1; cpu < this.#host.cpus; cpu += 1) {
      const ns = this.#cpuTime(cpu);
      if (ns >= earliestNs) continue;
      earliest = cpu;
      earliestNs = ns;
    }
    return earliest;
  }

  #cpuTime(cpu: number): number {
    return this.#host.view.getFloat64(HEADER.cpuTimeNs + 8 * cpu, true);
  }

  #setCpuTime(cpu: number, ns: number): void {
    this.#host.view.setFloat64(HEADER.cpuTimeNs + 8 * cpu, ns, true);
  }

  #addBusy(ns: number): void {
    this.#host.view.setFloat64(HEADER.busyNs, this.#host.view.getFloat64(HEADER.busyNs, true) + ns, true);
  }
}

/** From when on a VM can run: now, when its last slice has ended, or when its timer wakes it; Infinity without a reason to. */
function runnableAt(vm: Vm, now: number): number {
  if (vm.runState !== RunState.running || vm.u32(VM_HEADER.consoleBlocked) === 1) return Number.POSITIVE_INFINITY;
  const free = Math.max(now, vm.f64(VM_HEADER.freeAtNs));
  if (vm.machine.isRunnable(Math.floor(free / NS_PER_TICK))) return free;
  return Math.max(free, vm.machine.nextWakeTick() * NS_PER_TICK);
}

/** When the first of them may run: runnable, and not held up by a limit. */
function earliestStart(shares: ShareTree, vms: readonly Vm[], now: number): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const vm of vms) earliest = Math.min(earliest, Math.max(runnableAt(vm, now), shares.limitedUntil(vm)));
  return earliest;
}
