// Keeps a ClusterState true to what hosts say of themselves and to the owner records. Telemetry may be lost, late or doubled:
// rows of an older epoch than the known one are ignored (a source after switch-over), and a VM that its host no longer
// lists becomes `missing` until somebody speaks of it. Loads are averages over all reports since `beginWindow`, so a scheduler that
// looks less often than hosts report misses nothing.

import type { HostPower, HostTelemetry, OwnerRecord, VmTelemetry } from '../protocol/mod.ts';
import { NS_PER_S } from '../runtime/mod.ts';
import type { ClusterState } from './cluster-state.ts';
import { grown, NONE } from './columns.ts';
import { footprintBytes } from './footprint.ts';
import { HostState } from './host-columns.ts';
import { VmPhase } from './vm-columns.ts';

/** What telemetry counts pages in (RISC-V privileged specification, Sv39). */
const PAGE_BYTES = 4096;

const HOST_STATES: Readonly<Record<HostPower, HostState>> = {
  on: HostState.on,
  standby: HostState.standby,
  waking: HostState.waking,
};

/** Sums over a window, by index; `window` says which one they are of, so that a new window needs no clearing. */
class Sums {
  window = new Uint32Array(0);
  generation = new Uint32Array(0);
  intervalNs = new Float64Array(0);
  run = new Float64Array(0);
  steal = new Float64Array(0);
  dirtied = new Float64Array(0);

  /** The index's sums, begun anew when they are of an older window or of somebody who had the index before. */
  open(index: number, window: number, generation: number): void {
    if (index >= this.window.length) {
      const capacity = Math.max(16, 2 * index);
      this.window = grown(this.window, capacity);
      this.generation = grown(this.generation, capacity);
      this.intervalNs = grown(this.intervalNs, capacity);
      this.run = grown(this.run, capacity);
      this.steal = grown(this.steal, capacity);
      this.dirtied = grown(this.dirtied, capacity);
    }
    if (this.window[index] === window && this.generation[index] === generation) return;
    this.window[index] = window;
    this.generation[index] = generation;
    this.intervalNs[index] = 0;
    this.run[index] = 0;
    this.steal[index] = 0;
    this.dirtied[index] = 0;
  }
}

export class TelemetryObserver {
  readonly #state: ClusterState;
  readonly #hostSums = new Sums();
  readonly #vmSums = new Sums();
  readonly #heardNs: number[] = [];
  readonly #sequences = new Map<string, { readonly incarnation: string; readonly sequence: number }>();
  /** Per VM the report that listed it last; reports are counted from 1. */
  readonly #listedIn: number[] = [];
  #reports = 0;
  #window = 1;

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** Loads are averaged over the reports from here on. */
  beginWindow(): void {
    this.#window += 1;
  }

  /** When the host was last heard of, or undefined. */
  heardNs(host: number): number | undefined {
    return this.#heardNs[host];
  }

  /**
   * Takes over one report. Returns the host's index, or undefined for a report that came late or twice. A host or VM that is not
   * in the state yet is added.
   */
  observe(telemetry: HostTelemetry): number | undefined {
    const last = this.#sequences.get(telemetry.host);
    if (last?.incarnation === telemetry.incarnation && telemetry.sequence <= last.sequence) return undefined;
    this.#sequences.set(telemetry.host, telemetry);
    this.#reports += 1;
    const state = this.#state;
    state.timeNs = Math.max(state.timeNs, telemetry.timeNs);
    const host = state.hostIndex(telemetry.host) ?? state.addHost(telemetry.host, telemetry, HostState.standby);
    state.shapeHost(host, telemetry);
    state.setHostState(host, HOST_STATES[telemetry.power]);
    state.hosts.reportedBytes[host] = telemetry.committedBytes;
    this.#heardNs[host] = telemetry.timeNs;
    this.#sumHost(host, telemetry);
    for (const row of telemetry.vms) this.#observeVm(host, telemetry, row);
    this.#findMissing(host);
    return host;
  }

  /**
   * Takes over an owner record: it outranks telemetry of lower epochs. A released one says that the VM ended; a claimed one of a VM
   * that nobody reports yet, that its host was told to start it or will be.
   */
  observeOwner(record: OwnerRecord): void {
    const state = this.#state;
    const vm = state.vmIndex(record.vm);
    if (vm === undefined || record.epoch < state.vms.epoch[vm]!) return;
    const isNews = record.epoch > state.vms.epoch[vm]!;
    state.vms.epoch[vm] = record.epoch;
    if (record.released === true) {
      this.stopped(vm);
      return;
    }
    const host = state.hostIndex(record.host);
    const phase = state.vms.phase[vm];
    const isNowhere = phase === VmPhase.pending || phase === VmPhase.stopped;
    // A record of an epoch that is over already: the VM ended, or its host refused it.
    if (host === undefined || (isNowhere && !isNews)) return;
    state.place(vm, host);
    if (isNowhere) state.setVmPhase(vm, VmPhase.starting);
  }

  /** The VM ended: it is nowhere and needs nothing. */
  stopped(vm: number): void {
    const state = this.#state;
    state.setLoad(vm, 0, 0, state.timeNs);
    state.unplace(vm);
    state.setVmPhase(vm, VmPhase.stopped);
  }

  #sumHost(host: number, telemetry: HostTelemetry): void {
    const sums = this.#hostSums;
    sums.open(host, this.#window, this.#state.hosts.generation[host]!);
    sums.intervalNs[host]! += telemetry.intervalNs;
    sums.run[host]! += telemetry.busyNs;
    const allNs = sums.intervalNs[host]! * telemetry.cpus;
    this.#state.hosts.utilisation[host] = allNs === 0 ? 0 : Math.min(1, sums.run[host]! / allNs);
  }

  #observeVm(host: number, telemetry: HostTelemetry, row: VmTelemetry): void {
    const state = this.#state;
    const vm =
      state.vmIndex(row.vm) ?? state.addVm(row.vm, footprintBytes({ memoryBytes: row.memoryBytes, diskBytes: 0 }));
    if (row.state === 'incoming') {
      const isElsewhere = state.vms.host[vm] !== NONE && state.vms.host[vm] !== host;
      if (isElsewhere && row.epoch >= state.vms.epoch[vm]!) state.beginMigration(vm, host);
      return;
    }
    if (row.epoch < state.vms.epoch[vm]!) return;
    state.vms.epoch[vm] = row.epoch;
    this.#listedIn[vm] = this.#reports;
    if (row.state === 'stopped') {
      this.stopped(vm);
      return;
    }
    state.place(vm, host);
    state.setVmPhase(vm, row.state === 'running' ? VmPhase.running : VmPhase.paused);
    this.#sumVm(vm, telemetry, row);
  }

  #sumVm(vm: number, telemetry: HostTelemetry, row: VmTelemetry): void {
    const sums = this.#vmSums;
    sums.open(vm, this.#window, this.#state.vms.generation[vm]!);
    const instructionsPerNs = telemetry.instructionsPerSecond / NS_PER_S;
    sums.intervalNs[vm]! += telemetry.intervalNs;
    sums.run[vm]! += row.runNs * instructionsPerNs;
    sums.steal[vm]! += row.stealNs * instructionsPerNs;
    sums.dirtied[vm]! += row.dirtiedPages * PAGE_BYTES;
    const seconds = sums.intervalNs[vm]! / NS_PER_S;
    if (seconds === 0) return;
    this.#state.setLoad(vm, sums.run[vm]! / seconds, sums.steal[vm]! / seconds, telemetry.timeNs);
    this.#state.vms.dirtyBytesPerSecond[vm] = sums.dirtied[vm]! / seconds;
  }

  /** VMs that were here and that the report just read does not list. */
  #findMissing(host: number): void {
    const { vms } = this.#state;
    for (const vm = this.#state.vmCursor().on(host); vm.next(); ) {
      const wasHere = vm.phase === VmPhase.running || vm.phase === VmPhase.paused;
      if (wasHere && this.#listedIn[vm.index] !== this.#reports) {
        this.#state.setVmPhase(vm.index, VmPhase.missing);
        vms.dirtyBytesPerSecond[vm.index] = 0;
      }
    }
  }
}
