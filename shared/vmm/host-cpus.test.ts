// How physical CPUs are shared: exactly as many instructions as declared, fairly, with every nanosecond of a runnable VM accounted for, and the
// same whatever thread does it.

import { describe, expect, test } from 'vitest';
import { addi, csrrs, csrrw, jal, sb, sd, sw, WFI } from '../machine/testing/assemble.ts';
import { ThreadExecutor } from '../runtime/live/mod.ts';
import { NS_PER_MS, NS_PER_S } from '../runtime/mod.ts';
import { HEADER, HOST_WORKER_URL, TIME_SLICE_NS, type Vm } from './mod.ts';
import { HostWithGuests } from './testing/host-with-guests.ts';

const QUANTUM_NS = 10 * NS_PER_MS;
const A0 = 10;
const A1 = 11;
const MIE = 0x304;
const TIME = 0xc01;
const CLINT_PAGE = 0x2004;

/** Counts in a0, for ever. */
const BUSY = [addi(A0, A0, 1), jal(0, -4)];
/**
 * Sleeps for x9 ticks, again and again; x8 counts the rounds.
 * x6 holds MTIE, x7 the address of mtimecmp.
 */
const SLEEPER = [
  csrrw(0, MIE, 6),
  csrrs(5, TIME, 0), // loop:
  0x009282b3, // add x5, x5, x9
  sd(5, 7, 0),
  WFI,
  addi(8, 8, 1),
  jal(0, -20),
];

function startSleeper(host: HostWithGuests, periodTicks: number, nowNs = 0): Vm {
  const vm = host.start(SLEEPER, nowNs);
  vm.machine.setX(6, 0x80n);
  vm.machine.setX(7, BigInt(CLINT_PAGE) << 12n);
  vm.machine.setX(9, BigInt(periodTicks));
  return vm;
}

/** Runs quantum after quantum, as a host node does; quanta in which nothing can run are left out. */
function run(host: HostWithGuests, fromNs: number, toNs: number, quantumNs = QUANTUM_NS): void {
  for (let now = fromNs; now < toNs; now += quantumNs) {
    host.cpus.run(now, Math.min(toNs, now + quantumNs));
  }
}

const nextRunNs = (host: HostWithGuests): number => host.memory.view.getFloat64(HEADER.nextRunNs, true);
const busyNs = (host: HostWithGuests): number => host.memory.view.getFloat64(HEADER.busyNs, true);

describe('fairness', () => {
  test.each([1, 2])('busy VMs on %i CPUs get equal shares within 1 %%, and all there is', (cpus) => {
    for (let count = 2; count <= 8; count += 1) {
      const rate = 1_000_000;
      const host = new HostWithGuests({ cpus, instructionsPerSecond: rate });
      const vms = Array.from({ length: count }, () => host.start(BUSY));
      run(host, 0, 10 * NS_PER_S);
      const total = Math.min(count, cpus) * 10 * rate;
      for (const vm of vms) {
        const { instructions, runNs, stealNs } = vm.accounting;
        expect(Math.abs(instructions - total / count), `${count} VMs on ${cpus}`).toBeLessThan(total / count / 100);
        expect(runNs + stealNs).toBeCloseTo(10 * NS_PER_S, -3);
        expect(Number(vm.machine.x(A0)) * 2).toBeCloseTo(instructions, -1);
      }
      const retired = vms.reduce((sum, vm) => sum + vm.accounting.instructions, 0);
      expect(Math.abs(retired - total)).toBeLessThanOrEqual(cpus);
    }
  });

  test.each([1_000, 33_333_337, 999_999, 20_000_000])(
    'a busy host retires exactly %i instructions a second',
    (rate) => {
      const host = new HostWithGuests({ cpus: 2, instructionsPerSecond: rate });
      const vms = [host.start(BUSY), host.start(BUSY), host.start(BUSY)];
      run(host, 0, NS_PER_S);
      const retired = vms.reduce((sum, vm) => sum + vm.accounting.instructions, 0);
      expect(Math.abs(retired - 2 * rate)).toBeLessThanOrEqual(2);
      expect(Math.abs(busyNs(host) - 2 * NS_PER_S)).toBeLessThanOrEqual((2 * NS_PER_S) / rate);
    },
  );

  test('a VM that comes late gets its share and no more', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
    const first = host.start(BUSY);
    run(host, 0, 5 * NS_PER_S);
    const second = host.start(BUSY, 5 * NS_PER_S);
    const before = first.accounting.runNs;
    run(host, 5 * NS_PER_S, 6 * NS_PER_S);
    expect(second.accounting.runNs / NS_PER_S).toBeCloseTo(0.5, 1);
    expect((first.accounting.runNs - before) / NS_PER_S).toBeCloseTo(0.5, 1);
  });
});

describe('a sleeper', () => {
  test.each([1, 2, 7])('that wakes is served within two slices, whatever %i others do', (others) => {
    const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
    for (let count = 0; count < others; count += 1) host.start(BUSY);
    const periodTicks = 50_000; // 5 ms
    const sleeper = startSleeper(host, periodTicks);
    run(host, 0, 2 * NS_PER_S);
    const rounds = Number(sleeper.machine.x(8));
    const steal = sleeper.accounting.stealNs / rounds;
    expect(steal).toBeLessThan(2 * TIME_SLICE_NS);
    expect(rounds).toBeGreaterThan((2 * NS_PER_S) / (5 * NS_PER_MS + 2 * TIME_SLICE_NS) - 1);
  });

  test('does not bring what it did not use: after an hour asleep it gets half', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
    const sleeper = startSleeper(host, 36_000_000_000);
    run(host, 0, NS_PER_S);
    const busy = host.start(BUSY, NS_PER_S);
    run(host, NS_PER_S, 20 * NS_PER_S);
    // From outside, as a byte on its console would.
    const hourNs = 3600 * NS_PER_S;
    host.cpus.run(hourNs - QUANTUM_NS, hourNs);
    sleeper.machine.pc = BigInt(0x8000_0000 + 4 * SLEEPER.length);
    sleeper.machine.writeMemory(0x8000_0000 + 4 * SLEEPER.length, new Uint8Array(new Uint32Array(BUSY).buffer));
    const before = { busy: busy.accounting.runNs, sleeper: sleeper.accounting.runNs };
    run(host, hourNs, hourNs + NS_PER_S);
    expect((busy.accounting.runNs - before.busy) / NS_PER_S).toBeCloseTo(0.5, 1);
    expect((sleeper.accounting.runNs - before.sleeper) / NS_PER_S).toBeCloseTo(0.5, 1);
  });

  test('that is alone costs one slice for each time it wakes, and says when that will be', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
    const sleeper = startSleeper(host, 1_000_000);
    host.cpus.run(0, QUANTUM_NS);
    for (let round = 1; round <= 20; round += 1) {
      const next = nextRunNs(host);
      expect(next).toBeGreaterThan(round * 100 * NS_PER_MS);
      host.cpus.run(next, next + QUANTUM_NS);
      expect(Number(sleeper.machine.x(8))).toBe(round);
    }
    expect(sleeper.accounting.stealNs).toBe(0);
  });
});

describe('steal', () => {
  test('is not the time for which a VM slept until somebody typed', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
    // Waits for the UART's interrupt: IER, PLIC priority and enable, then WFI.
    const vm = host.start([sb(6, 7, 1), sw(6, 12, 40), sw(28, 9, 0), WFI, addi(A0, A0, 1), jal(0, -4)]);
    vm.machine.setCsr(MIE, 0x800n);
    for (const [x, value] of [
      [6, 1n],
      [7, 0x1000_0000n],
      [12, 0x0c00_0000n],
      [9, 0x0c00_2000n],
      [28, 1n << 10n],
    ] as const) {
      vm.machine.setX(x, value);
    }
    host.cpus.run(0, QUANTUM_NS);
    expect(nextRunNs(host)).toBe(Number.POSITIVE_INFINITY);
    vm.machine.writeConsole(Uint8Array.of(65));
    const typedNs = 5 * NS_PER_S;
    host.cpus.run(typedNs, typedNs + QUANTUM_NS);
    expect(vm.machine.x(A0)).toBeGreaterThan(4000n);
    expect(vm.accounting.stealNs).toBe(0);
  });

  test('is the time that the host itself takes from its VMs', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
    const vm = host.start(BUSY);
    host.memory.view.setFloat64(HEADER.vmmDebtNs, 25 * NS_PER_MS, true);
    run(host, 0, 100 * NS_PER_MS);
    const { runNs, stealNs } = vm.accounting;
    expect(stealNs / NS_PER_MS).toBeCloseTo(25, 3);
    expect((runNs + stealNs) / NS_PER_MS).toBeCloseTo(100, 3);
    expect(busyNs(host) / NS_PER_MS).toBeCloseTo(100, 3);
  });

  test('and run time add up to the time for which the guest wanted to run, also for sleepers', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
    host.start(BUSY);
    host.start(BUSY);
    const sleeper = startSleeper(host, 30_000);
    run(host, 0, NS_PER_S);
    const { runNs, stealNs } = sleeper.accounting;
    // Each round sleeps 3 ms from the moment at which it read the time; what is left of the second it wanted to run.
    const rounds = Number(sleeper.machine.x(8));
    const wanted = NS_PER_S - rounds * 3 * NS_PER_MS;
    expect(Math.abs(runNs + stealNs - wanted)).toBeLessThan(4 * NS_PER_MS);
    expect(rounds).toBeGreaterThan(200);
  });
});

describe('cutting time into quanta', () => {
  test.each([1, 2])('changes nothing for busy VMs on %i CPUs when the cuts fall on the ends of slices', (cpus) => {
    const bytesAfter = (cuts: (host: HostWithGuests) => void): Uint8Array => {
      const host = new HostWithGuests({ memoryBytes: 16 * 1024 * 1024, instructionsPerSecond: 10_000_000, cpus });
      for (let count = 0; count < 3; count += 1) host.start(BUSY);
      cuts(host);
      return host.memory.bytes;
    };
    const whole = bytesAfter((host) => host.cpus.run(0, 7 * TIME_SLICE_NS));
    const cut = bytesAfter((host) => run(host, 0, 7 * TIME_SLICE_NS, TIME_SLICE_NS));
    expect(Buffer.compare(whole, cut)).toBe(0);
  });

  test('changes nothing at all for a VM that has the host to itself', () => {
    const alone = (cutsNs: readonly number[]) => {
      const host = new HostWithGuests({ instructionsPerSecond: 10_000_000 });
      const vm = startSleeper(host, 7_003);
      for (const [index, toNs] of cutsNs.entries()) host.cpus.run(cutsNs[index - 1] ?? 0, toNs);
      const { machine } = vm;
      return { x: Array.from({ length: 32 }, (_, index) => machine.x(index)), state: vm.machine.instructionsExecuted };
    };
    const whole = alone([80 * NS_PER_MS]);
    expect(alone([NS_PER_MS, 33_333_300, 40 * NS_PER_MS, 80 * NS_PER_MS])).toEqual(whole);
    expect(alone([1_000, 2_000, 80 * NS_PER_MS])).toEqual(whole);
  });
});

test('a guest never sees its clock go back, whatever the rate and however it is sliced', () => {
  for (const rate of [999_983, 7_654_321, 33_333_337]) {
    const host = new HostWithGuests({ instructionsPerSecond: rate });
    // a1 = time; when it is less than before (a0), x8 = 1 for ever.
    const vm = host.start([
      csrrs(A1, TIME, 0),
      0x00a5f463 /* bgeu a1, a0, +8 */,
      addi(8, 0, 1),
      addi(A0, A1, 0),
      jal(0, -16),
    ]);
    host.start(BUSY);
    startSleeper(host, 3_333);
    let now = 0;
    for (let count = 0; count < 600; count += 1) {
      const to = now + 400_000 + ((count * 7919) % 600_001);
      host.cpus.run(now, to);
      now = to;
    }
    expect(vm.machine.x(8), `at ${rate}`).toBe(0n);
    expect(vm.accounting.instructions).toBeGreaterThan(rate / 10);
  }
});

describe('the console', () => {
  /** Prints a byte every third instruction. */
  const PRINTER = [addi(A0, A0, 1), sb(A0, A1, 0), jal(0, -8)];
  const printer = (host: HostWithGuests): Vm => {
    const vm = host.start(PRINTER);
    vm.machine.setX(A1, 0x1000_0000n);
    return vm;
  };

  test('stops a guest that prints more than anybody reads, and lets it go on when it is read', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 10_000_000 });
    const vm = printer(host);
    let expected = 0;
    for (let now = 0; now < NS_PER_S / 2; now += QUANTUM_NS) {
      host.cpus.run(now, now + QUANTUM_NS);
      const bytes = vm.readConsole();
      expect(bytes.byteLength).toBeGreaterThan(3000);
      for (const byte of bytes) {
        expected = (expected + 1) & 0xff;
        if (byte !== expected) throw new Error(`got ${byte}, expected ${expected}`);
      }
    }
  });

  test('that nobody reads costs no CPU', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 10_000_000 });
    const vm = printer(host);
    host.cpus.run(0, QUANTUM_NS);
    const { instructions } = vm.accounting;
    host.cpus.run(QUANTUM_NS, 20 * QUANTUM_NS);
    expect(vm.accounting.instructions).toBe(instructions);
    expect(nextRunNs(host)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the end of a guest', () => {
  test('by the test finisher is its reason and code, and its CPU goes to others at once', () => {
    const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
    const vm = host.start([sw(A0, A1, 0)]);
    vm.machine.setX(A0, BigInt((7 << 16) | 0x3333));
    vm.machine.setX(A1, 0x10_0000n);
    const other = host.start(BUSY);
    host.cpus.run(0, QUANTUM_NS);
    expect(vm.stopped).toEqual({ reason: 'shutdown', exitCode: 7 });
    expect(vm.accounting.instructions).toBe(1);
    expect(other.accounting.instructions).toBe(9999);
  });

  test('by a page that the host cannot provide is a fault of that VM alone', () => {
    const host = new HostWithGuests({ memoryBytes: 16 * 1024 * 1024, instructionsPerSecond: 1_000_000 });
    // Writes page after page.
    const greedy = host.start([sd(A0, A1, 0), 0x00c585b3 /* add a1, a1, a2 */, jal(0, -8)], 0, {
      memoryBytes: 12 * 1024 * 1024,
    });
    greedy.machine.setX(A1, 0x8000_1000n);
    greedy.machine.setX(12, 4096n);
    const other = host.start(BUSY);
    while (host.memory.freeFrames > 100) host.memory.allocateFrame();
    host.cpus.run(0, QUANTUM_NS);
    expect(greedy.stopped).toMatchObject({ reason: 'fault' });
    run(host, QUANTUM_NS, 3 * QUANTUM_NS);
    expect(other.accounting.runNs).toBeGreaterThan(2 * QUANTUM_NS);
  });
});

test('a VM that takes the place of another one is seen as what it is, also when its block looks the same', () => {
  const host = new HostWithGuests({ memoryBytes: 16 * 1024 * 1024, instructionsPerSecond: 1_000_000 });
  const free = host.memory.freeFrames;
  const first = host.start(BUSY, 0, { memoryBytes: 4096 * 64 });
  host.cpus.run(0, QUANTUM_NS);
  const block = host.memory.vmBlock(0);
  first.destroy();
  // Its frames come back as zeroed pages of somebody else, and are free again.
  const frames = Array.from({ length: free }, () => host.memory.allocateZeroedFrame());
  for (const frame of frames) host.memory.releaseFrame(frame);
  host.memory.view.setUint32(HEADER.frameHint, block / 4096, true);
  const second = host.start([addi(A1, A1, 1), jal(0, -4)], QUANTUM_NS, { memoryBytes: 4096 * 2000 });
  expect(host.memory.vmBlock(0)).toBe(block);
  host.cpus.run(QUANTUM_NS, 2 * QUANTUM_NS);
  expect(second.machine.x(A1)).toBeGreaterThan(4000n);
  expect(second.accounting.instructions).toBe(10_000);
});

test('threads do not show: the same guests on this thread and on two others end in the same bytes', async () => {
  const build = () => {
    const host = new HostWithGuests({ instructionsPerSecond: 2_000_000, cpus: 2 });
    const vms = [host.start(BUSY), startSleeper(host, 7_000), host.start(BUSY)];
    return { host, vms };
  };
  const here = build();
  const there = build();
  const executor = new ThreadExecutor({ threads: 2, workerUrl: HOST_WORKER_URL });
  try {
    const attached = await executor.attach('host', there.host.memory.memory);
    for (let now = 0; now < 30 * QUANTUM_NS; now += QUANTUM_NS) {
      here.host.cpus.run(now, now + QUANTUM_NS);
      await attached.run(now, now + QUANTUM_NS);
    }
    await attached.detach();
  } finally {
    await executor.close();
  }
  expect(Buffer.compare(here.host.memory.bytes, there.host.memory.bytes)).toBe(0);
});
