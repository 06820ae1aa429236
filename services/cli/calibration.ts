// How many instructions a second one core of this machine executes: a guest that computes without pause, run for a moment by the same code
// that hosts run. Hosts on one machine may declare at most half of what it can do (DESIGN, "Time"): the rest is for NATS,
// migrations, and everything else that lives here.

import { Core, compileInterpreter } from '../../shared/machine/mod.ts';
import { type Clock, NS_PER_MS, NS_PER_S } from '../../shared/runtime/mod.ts';
import type { Scenario } from '../../shared/scenario/mod.ts';
import { HostCpus, HostMemory, Vm } from '../../shared/vmm/mod.ts';

const MEASURED_NS = 300 * NS_PER_MS;
const WARM_UP_NS = 50 * NS_PER_MS;
/** Its pace on the host that measures: a slice is 10 ms of it. */
const DECLARED_PER_SECOND = 200_000_000;
const SLICE_NS = 10 * NS_PER_MS;
const MIB = 2 ** 20;
/** Of the machine. */
const SHARE_MAX = 0.5;

/** Instructions per second of one core. `burn` is the guest image of that name. */
export function measureCore(burn: Uint8Array, clock: Clock): number {
  const host = HostMemory.create({ memoryBytes: 32 * MIB, cpus: 1, instructionsPerSecond: DECLARED_PER_SECOND });
  const core = new Core(compileInterpreter(), host.memory);
  const vm = Vm.create(host, core, { memoryBytes: 16 * MIB, diskBytes: 0, bootArguments: 'duty=100' });
  vm.machine.loadElf(burn);
  vm.resume(0);
  const cpus = new HostCpus(host, core);
  let clusterNs = 0;
  const runFor = (durationNs: number): { readonly instructions: number; readonly elapsedNs: number } => {
    const startNs = clock.now();
    const before = vm.accounting.instructions;
    while (clock.now() - startNs < durationNs) {
      cpus.run(clusterNs, clusterNs + SLICE_NS);
      clusterNs += SLICE_NS;
      vm.readConsole();
    }
    return { instructions: vm.accounting.instructions - before, elapsedNs: clock.now() - startNs };
  };
  runFor(WARM_UP_NS);
  const { instructions, elapsedNs } = runFor(MEASURED_NS);
  return (instructions * NS_PER_S) / elapsedNs;
}

/** What the hosts of one machine may declare together, in instructions per second of the wall clock. */
export function capacityOf(coreRate: number, coreCount: number): number {
  return coreRate * coreCount * SHARE_MAX;
}

export interface Pace {
  readonly speed: number;
  /** Why it is not the scenario's. */
  readonly slowed: string | undefined;
}

/** The clock factor of a live run: the scenario's, or what the machine allows. */
export function paceOf(scenario: Scenario, capacity: number): Pace {
  const declared = scenario.hosts.reduce((sum, host) => sum + host.cpus * host.instructionsPerSecond, 0);
  const wanted = declared * scenario.speed;
  if (wanted <= capacity) return { speed: scenario.speed, slowed: undefined };
  const speed = Math.floor((capacity / declared) * 100) / 100;
  const mips = (rate: number) => `${Math.round(rate / 1e6)} MIPS`;
  const slowed = `the hosts declare ${mips(wanted)} at speed ${scenario.speed}, half of this machine is ${mips(capacity)}: the clock is slowed to speed ${speed}`;
  return { speed: Math.max(0.01, speed), slowed };
}
