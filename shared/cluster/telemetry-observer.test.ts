import { beforeEach, describe, expect, test } from 'vitest';
import type { HostTelemetry, VmTelemetry } from '../protocol/mod.ts';
import { NS_PER_S } from '../runtime/mod.ts';
import { ClusterState } from './cluster-state.ts';
import { NONE } from './columns.ts';
import { footprintBytes } from './footprint.ts';
import { HostState } from './host-columns.ts';
import { TelemetryObserver } from './telemetry-observer.ts';
import { VmPhase } from './vm-columns.ts';

let state: ClusterState;
let observer: TelemetryObserver;
let sequence = 0;

beforeEach(() => {
  state = new ClusterState();
  observer = new TelemetryObserver(state);
});

function vmRow(vm: string, changes: Partial<VmTelemetry> = {}): VmTelemetry {
  const load = { instructions: 0, runNs: 0, stealNs: 0, residentPages: 10, dirtiedPages: 0 };
  return { vm, epoch: 1, state: 'running', memoryBytes: 1 << 24, ...load, ...changes };
}

function report(host: string, vms: VmTelemetry[], changes: Partial<HostTelemetry> = {}): HostTelemetry {
  sequence += 1;
  return {
    host,
    incarnation: 'first',
    sequence,
    timeNs: sequence * NS_PER_S,
    intervalNs: NS_PER_S,
    power: 'on',
    cpus: 2,
    instructionsPerSecond: 1000,
    memoryBytes: 1 << 28,
    committedBytes: vms.length << 24,
    busyNs: 0,
    lagNs: 0,
    vms,
    ...changes,
  };
}

function vmNamed(name: string) {
  return state.vmCursor().at(state.vmIndex(name)!);
}

function hostNamed(name: string) {
  return state.hostCursor().at(state.hostIndex(name)!);
}

describe('telemetry observer', () => {
  test('turns run and steal time into instructions per second, and busy time into utilisation', () => {
    observer.observe(
      report('h1', [vmRow('v1', { runNs: 0.25e9, stealNs: 0.5e9, dirtiedPages: 2 })], { busyNs: 0.5e9 }),
    );
    const vm = vmNamed('v1');
    expect([vm.run, vm.steal, vm.demand, vm.dirtyBytesPerSecond]).toEqual([250, 500, 750, 8192]);
    const host = hostNamed('h1');
    expect([host.utilisation, host.run, host.capacity]).toEqual([0.25, 250, 2000]);
    expect(host.committedBytes).toBe(footprintBytes({ memoryBytes: 1 << 24, diskBytes: 0 }));
    expect(host.state).toBe(HostState.on);
  });

  test('averages over all reports of a window and forgets them in the next', () => {
    observer.observe(report('h1', [vmRow('v1', { runNs: 1e9 })], { busyNs: 1e9 }));
    observer.observe(report('h1', [vmRow('v1', { runNs: 0 })]));
    expect(vmNamed('v1').run).toBe(500);
    expect(hostNamed('h1').utilisation).toBe(0.25);
    observer.beginWindow();
    observer.observe(report('h1', [vmRow('v1', { runNs: 0.1e9 })]));
    expect(vmNamed('v1').run).toBe(100);
  });

  test('ignores reports that come late or twice, but not those of a host that began anew', () => {
    const old = report('h1', []);
    observer.observe(report('h1', [vmRow('v1')]));
    expect(observer.observe(old)).toBeUndefined();
    expect(vmNamed('v1').phase).toBe(VmPhase.running);
    expect(observer.observe({ ...old, incarnation: 'second' })).toBe(0);
    expect(vmNamed('v1').phase).toBe(VmPhase.missing);
  });

  test('follows a migration from incoming to the higher epoch, and ignores the source after it', () => {
    observer.observe(report('h1', [vmRow('v1')]));
    observer.observe(report('h2', [vmRow('v1', { state: 'incoming' })]));
    expect(vmNamed('v1').migratingTo).toBe(state.hostIndex('h2'));
    expect(hostNamed('h2').incomingCount).toBe(1);
    observer.observe(report('h2', [vmRow('v1', { epoch: 2 })]));
    expect([vmNamed('v1').host, vmNamed('v1').migratingTo]).toEqual([state.hostIndex('h2'), NONE]);
    observer.observe(report('h1', [vmRow('v1', { state: 'paused' })]));
    expect(vmNamed('v1').host).toBe(state.hostIndex('h2'));
    expect(vmNamed('v1').phase).toBe(VmPhase.running);
    expect(hostNamed('h1').vmCount).toBe(0);
  });

  test('an owner record moves the VM before telemetry tells', () => {
    observer.observe(report('h1', [vmRow('v1')]));
    observer.observe(report('h2', []));
    observer.observeOwner({ vm: 'v1', host: 'h2', epoch: 2 });
    observer.observe(report('h1', []));
    expect([vmNamed('v1').host, vmNamed('v1').phase]).toEqual([state.hostIndex('h2'), VmPhase.running]);
    observer.observeOwner({ vm: 'v1', host: 'h1', epoch: 1 });
    expect(vmNamed('v1').host).toBe(state.hostIndex('h2'));
  });

  test('a VM that its host no longer lists is missing, and is found again', () => {
    observer.observe(report('h1', [vmRow('v1')]));
    observer.observe(report('h1', []));
    expect([vmNamed('v1').phase, hostNamed('h1').vmCount]).toEqual([VmPhase.missing, 1]);
    observer.observe(report('h1', [vmRow('v1')]));
    expect(vmNamed('v1').phase).toBe(VmPhase.running);
  });

  test('a stopped VM is nowhere, and its owner record does not bring it back', () => {
    observer.observe(report('h1', [vmRow('v1', { runNs: 1e9 })]));
    observer.observe(report('h1', [vmRow('v1', { state: 'stopped' })]));
    observer.observeOwner({ vm: 'v1', host: 'h1', epoch: 1 });
    expect([vmNamed('v1').phase, vmNamed('v1').host, vmNamed('v1').run]).toEqual([VmPhase.stopped, NONE, 0]);
    expect(hostNamed('h1').run).toBe(0);
  });

  test('a claimed record makes a waiting VM start, a released one ends it, and a new claim starts it again', () => {
    observer.observe(report('h1', []));
    state.addVm('v1', 1 << 24);
    observer.observeOwner({ vm: 'v1', host: 'h1', epoch: 1 });
    expect(vmNamed('v1').phase).toBe(VmPhase.starting);
    observer.observeOwner({ vm: 'v1', host: 'h1', epoch: 2, released: true });
    expect([vmNamed('v1').phase, vmNamed('v1').host]).toEqual([VmPhase.stopped, NONE]);
    observer.observeOwner({ vm: 'v1', host: 'h1', epoch: 3 });
    expect([vmNamed('v1').phase, vmNamed('v1').host]).toEqual([VmPhase.starting, 0]);
  });
});
