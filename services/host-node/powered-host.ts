// A host while it is switched on: its physical RAM, the VMs in it, and the loop that drives its CPUs. Standby drops the whole object;
// waking makes a new one.

import assert from 'node:assert/strict';
import { Core, compileInterpreter, MachineError } from '../../shared/machine/mod.ts';
import { type Baggage, type MigratingVm, migratingVm } from '../../shared/migration/mod.ts';
import type { HostSpecification, OwnerRecord, VmSpecification } from '../../shared/protocol/mod.ts';
import type { Clock, Executor, ExecutorHost } from '../../shared/runtime/mod.ts';
import { type CpuShares, FRAME_BYTES, HEADER, HostMemory, Vm } from '../../shared/vmm/mod.ts';
import { CpuLoop, type Pace } from './cpu-loop.ts';
import { hostErrors } from './errors.ts';
import { ResidentVm } from './resident-vm.ts';

/**
 * CPU time for one page sent or received, charged to the host. Chosen: at 1 Gbit/s (30,000 pages a second) a migration takes a
 * tenth of one CPU at each end, as pre-copy does on real hosts (Clark et al. 2005, figure 8 shows 10 to 15 %).
 */
export const NS_PER_MIGRATED_PAGE = 3_000;

export class PoweredHost {
  readonly memory: HostMemory;
  readonly core: Core;
  readonly loop: CpuLoop;
  readonly #executorHost: ExecutorHost;
  readonly #residents = new Map<string, ResidentVm>();
  /** VMs that hold memory here, by name: residents, and those coming in. */
  readonly #held = new Map<string, number>();
  readonly #specification: HostSpecification;
  #reservedFrames = 0;
  /** Physical CPUs promised to VMs, fractions allowed. */
  #reservedCpus = 0;
  #migrations = 0;
  #reportedBusyNs = 0;

  private constructor(
    specification: HostSpecification,
    memory: HostMemory,
    executorHost: ExecutorHost,
    clock: Clock,
    onBoundary: (residents: Iterable<ResidentVm>) => void,
    onFailure: (error: unknown) => void,
    pace: Pace,
  ) {
    this.#specification = specification;
    this.memory = memory;
    this.core = new Core(compileInterpreter(), memory.memory);
    this.#executorHost = executorHost;
    this.loop = new CpuLoop(clock, memory, executorHost, () => onBoundary(this.#residents.values()), onFailure, pace);
  }

  /** Fits the host with empty RAM. `onBoundary` is called at the end of each quantum. */
  static async switchOn(
    specification: HostSpecification,
    clock: Clock,
    executor: Executor,
    onBoundary: (residents: Iterable<ResidentVm>) => void,
    onFailure: (error: unknown) => void,
    pace: Pace,
  ): Promise<PoweredHost> {
    const memory = HostMemory.create(specification);
    const executorHost = await executor.attach(specification.host, memory.memory);
    return new PoweredHost(specification, memory, executorHost, clock, onBoundary, onFailure, pace);
  }

  async switchOff(): Promise<void> {
    await this.loop.close();
    await this.#executorHost.detach();
  }

  get residents(): ReadonlyMap<string, ResidentVm> {
    return this.#residents;
  }

  /** Bytes that VMs may take, those present and those coming in counted whole. */
  get freeBytes(): number {
    return this.#capacityBytes - this.committedBytes;
  }

  get committedBytes(): number {
    return this.#reservedFrames * FRAME_BYTES;
  }

  get isEmpty(): boolean {
    return this.#residents.size === 0 && this.#reservedFrames === 0 && this.#migrations === 0;
  }

  /**
   * A paused VM in power-on state; to be called at a boundary. Throws HOST_NO_ROOM, HOST_NO_CPU, HOST_BAD_VM. It is not a resident yet: it holds memory until
   * `adopt` or `discard`.
   */
  reserve(specification: VmSpecification): Vm {
    const frames = Vm.frameCount(specification);
    if (frames * FRAME_BYTES > this.freeBytes) {
      throw hostErrors.create('HOST_NO_ROOM', {
        host: this.#specification.host,
        vm: specification.vm,
        freeBytes: this.freeBytes,
        neededBytes: frames * FRAME_BYTES,
      });
    }
    this.#admitReservation(specification);
    const vm = this.#make(specification);
    vm.setShares(this.#sharesOf(specification));
    this.#held.set(specification.vm, (this.#held.get(specification.vm) ?? 0) + 1);
    this.#reservedFrames += frames;
    this.#reservedCpus += reservedCpus(specification, this.memory);
    return vm;
  }

  #make(specification: VmSpecification): Vm {
    try {
      return Vm.create(this.memory, this.core, specification);
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      throw hostErrors.create('HOST_BAD_VM', { vm: specification.vm, problem: error.message }, error);
    }
  }

  /** Whether a VM of this name is here or coming in. */
  holds(name: string): boolean {
    return this.#held.has(name);
  }

  adopt(specification: VmSpecification, owner: OwnerRecord, vm: Vm, baggage?: Baggage): ResidentVm {
    assert(!this.#residents.has(specification.vm), `${specification.vm} is here already`);
    const resident = new ResidentVm(specification, owner, vm, baggage);
    this.#residents.set(specification.vm, resident);
    return resident;
  }

  /** Gives a VM's memory back. To be called at a boundary. */
  discard(specification: VmSpecification, vm: Vm): void {
    if (this.#residents.get(specification.vm)?.vm === vm) this.#residents.delete(specification.vm);
    vm.destroy();
    const held = this.#held.get(specification.vm)! - 1;
    if (held === 0) this.#held.delete(specification.vm);
    else this.#held.set(specification.vm, held);
    this.#reservedFrames -= Vm.frameCount(specification);
    this.#reservedCpus -= reservedCpus(specification, this.memory);
  }

  /** What pre-copy sees of a VM. */
  migrating(vm: Vm): MigratingVm {
    return migratingVm(vm, this.core, this.memory);
  }

  beginMigration(): void {
    this.#migrations += 1;
    this.loop.setMigrating(true);
  }

  endMigration(): void {
    this.#migrations -= 1;
    this.loop.setMigrating(this.#migrations > 0);
  }

  /** Charges the CPU time of pages copied and hashed. To be called at a boundary. */
  chargePages(pages: number): void {
    const debt = this.memory.view.getFloat64(HEADER.vmmDebtNs, true);
    this.memory.view.setFloat64(HEADER.vmmDebtNs, debt + pages * NS_PER_MIGRATED_PAGE, true);
    if (pages > 0) this.loop.wake();
  }

  /** Busy CPU time since the last call. To be called at a boundary. */
  takeBusyNs(): number {
    const busy = this.memory.view.getFloat64(HEADER.busyNs, true);
    const since = busy - this.#reportedBusyNs;
    this.#reportedBusyNs = busy;
    return since;
  }

  /** What is reserved has to be there when all want it at once. */
  #admitReservation(specification: VmSpecification): void {
    const wanted = reservedCpus(specification, this.memory);
    const { cpus, instructionsPerSecond } = this.memory;
    // A VM has one CPU; sums of fractions may be off by rounding.
    if (wanted <= 1 && this.#reservedCpus + wanted <= cpus * (1 + 1e-9)) return;
    throw hostErrors.create('HOST_NO_CPU', {
      host: this.#specification.host,
      vm: specification.vm,
      freeInstructions: Math.floor(Math.min(1, cpus - this.#reservedCpus) * instructionsPerSecond),
      neededInstructions: specification.cpu?.reservation ?? 0,
    });
  }

  #sharesOf({ cpu }: VmSpecification): CpuShares {
    const rate = this.memory.instructionsPerSecond;
    return {
      ...(cpu?.shares === undefined ? {} : { shares: cpu.shares }),
      ...(cpu?.reservation === undefined ? {} : { reservationCpus: cpu.reservation / rate }),
      ...(cpu?.limit === undefined ? {} : { limitCpus: cpu.limit / rate }),
    };
  }

  /** RAM less the VMM's own tables. */
  get #capacityBytes(): number {
    return this.memory.usableFrames * FRAME_BYTES;
  }
}

function reservedCpus({ cpu }: VmSpecification, { instructionsPerSecond }: HostMemory): number {
  return (cpu?.reservation ?? 0) / instructionsPerSecond;
}
