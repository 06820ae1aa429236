// What has become of each VM, from the events and the telemetry of hosts: where it is, whether it ended by itself, and whether it
// was ever seen running in two places.

import type { ClusterEvent, HostTelemetry } from '../protocol/mod.ts';
import type { VmResult } from './result.ts';

interface VmEntry {
  host: string | null;
  epoch: number;
  started: boolean;
  spoke: boolean;
  refused: string | undefined;
  ended: { readonly reason: string; readonly code: number } | undefined;
  seenNs: number;
  seenAlive: boolean;
  doubled: boolean;
}

export class VmLedger {
  readonly #vms: ReadonlyMap<string, VmEntry>;
  /** VMs that the scenario itself stops. */
  readonly #toStop = new Set<string>();

  constructor(vms: readonly string[]) {
    const entry = (): VmEntry => ({
      ...{ host: null, epoch: 0, started: false, spoke: false, refused: undefined, ended: undefined },
      ...{ seenNs: Number.NEGATIVE_INFINITY, seenAlive: false, doubled: false },
    });
    this.#vms = new Map(vms.map((vm) => [vm, entry()]));
  }

  note(event: ClusterEvent): void {
    switch (event.kind) {
      case 'vm.started':
        this.#owned(event.vm, event.host, event.epoch, event.timeNs);
        break;
      case 'vm.console': {
        const entry = this.#vms.get(event.vm);
        if (entry !== undefined) entry.spoke = true;
        break;
      }
      case 'vm.refused': {
        const entry = this.#vms.get(event.vm);
        if (entry !== undefined && !entry.started) entry.refused = event.why;
        break;
      }
      case 'vm.stopped': {
        const entry = this.#vms.get(event.vm);
        if (entry !== undefined && event.epoch >= entry.epoch) {
          entry.ended = { reason: event.reason, code: event.code };
          entry.host = event.host;
        }
        break;
      }
      case 'migration.ended':
        if (event.report.outcome === 'completed') {
          this.#owned(event.report.vm, event.report.to, event.report.epoch, event.timeNs);
        }
        break;
      default:
        break;
    }
  }

  report(telemetry: HostTelemetry): void {
    for (const vm of telemetry.vms) {
      const entry = this.#vms.get(vm.vm);
      if (entry === undefined) continue;
      if (vm.state === 'running') {
        // A copy that runs although a later owner was seen running before: two at once.
        if (vm.epoch < entry.epoch && entry.seenAlive && telemetry.timeNs > entry.seenNs) entry.doubled = true;
        this.#owned(vm.vm, telemetry.host, vm.epoch, telemetry.timeNs);
      }
      if (vm.state !== 'stopped' && vm.epoch >= entry.epoch) {
        entry.seenNs = telemetry.timeNs;
        entry.seenAlive = vm.state === 'running';
      }
    }
  }

  #owned(vm: string, host: string, epoch: number, timeNs: number): void {
    const entry = this.#vms.get(vm);
    if (entry === undefined || epoch < entry.epoch) return;
    // A later epoch after the end: it was started anew.
    if (epoch > entry.epoch) entry.ended = undefined;
    Object.assign(entry, { host, epoch, started: true, refused: undefined });
    entry.seenNs = Math.max(entry.seenNs, timeNs);
  }

  stopIsWanted(vm: string): void {
    this.#toStop.add(vm);
  }

  /** Started, or refused for good. */
  get allSettled(): boolean {
    return [...this.#vms.values()].every((entry) => entry.started || entry.refused !== undefined);
  }

  get runningCount(): number {
    return [...this.#vms.values()].filter((entry) => entry.started && entry.ended === undefined).length;
  }

  get endedCount(): number {
    return [...this.#vms.values()].filter((entry) => entry.ended !== undefined).length;
  }

  hasSpoken(vm: string): boolean {
    return this.#vms.get(vm)?.spoke ?? false;
  }

  hasEnded(vm: string): boolean {
    return this.#vms.get(vm)?.ended !== undefined;
  }

  get doubled(): readonly string[] {
    return [...this.#vms].filter(([, entry]) => entry.doubled).map(([vm]) => vm);
  }

  /** `seenSinceNs`: a VM that should run and that no host has named since is lost. */
  results(seenSinceNs: number): readonly VmResult[] {
    return [...this.#vms].map(([vm, entry]) => ({ vm, host: entry.host, ...this.#fate(vm, entry, seenSinceNs) }));
  }

  #fate(vm: string, entry: VmEntry, seenSinceNs: number): Pick<VmResult, 'state' | 'detail'> {
    if (!entry.started) return { state: 'lost', detail: `never started: ${entry.refused ?? 'no host took it'}` };
    if (entry.ended !== undefined) {
      const { reason, code } = entry.ended;
      if (this.#toStop.has(vm)) return { state: 'stopped', detail: 'stopped by the scenario' };
      if (reason === 'shutdown' && code === 0) return { state: 'ended', detail: 'ended by itself' };
      return { state: 'lost', detail: `${reason} with code ${code} on ${entry.host}` };
    }
    if (entry.seenNs < seenSinceNs) return { state: 'lost', detail: `no host has it; it was last on ${entry.host}` };
    return { state: 'running', detail: '' };
  }
}
