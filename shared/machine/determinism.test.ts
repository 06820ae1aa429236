// The promises on which everything that schedules is built: equal states run equally, a run may be cut anywhere, and a machine
// that was saved and loaded elsewhere goes on as if nothing had happened.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MTIMECMP } from './layout.ts';
import type { Machine } from './machine.ts';
import { loadRandomProgram, type RandomProgram, randomProgram } from './testing/random-program.ts';
import { TestHost, type TestPages } from './testing/test-host.ts';

const RAM_BYTES = 128 * 1024;
const BUDGET = 3000;
const START_TICK = 1000;
/** No whole number of instructions for a tick. */
const RATE = 33_333_337;
/** The limit is for shrinking a failure. */
const RUNS = { numRuns: 60, interruptAfterTimeLimit: 60_000 };

interface Started {
  readonly machine: Machine;
  readonly pages: TestPages;
  readonly base: number;
}

function start(host: TestHost, program: RandomProgram): Started {
  const made = host.createMachine(RAM_BYTES);
  made.machine.beginSlice(START_TICK, RATE);
  loadRandomProgram(made.machine, program);
  host.core.host.u64[(made.base + MTIMECMP) >>> 3] = BigInt(START_TICK + program.timer);
  return made;
}

/** Runs exactly `budget` instructions, through WFI as a host whose clock jumps would. */
function runAll(machine: Machine, budget: number, cut = budget): void {
  for (let left = budget; left > 0; ) {
    const reason = machine.run(Math.min(left, cut));
    left -= machine.executed;
    if (reason === 'wfi') {
      const tick = machine.nextWakeTick();
      if (tick === Infinity) return;
      machine.beginSlice(tick, RATE);
    } else if (reason !== 'budget') {
      return;
    }
  }
}

function expectEqual(a: Started, b: Started): void {
  expect(a.machine.pc.toString(16)).toBe(b.machine.pc.toString(16));
  for (let index = 0; index < 32; index++) expect(a.machine.x(index), `x${index}`).toBe(b.machine.x(index));
  expect(Buffer.from(a.machine.save()).equals(b.machine.save()), 'saved states').toBe(true);
  expect(Buffer.from(a.pages.content()).equals(b.pages.content()), 'RAM').toBe(true);
}

test('two runs from equal states are equal in every byte', () => {
  fc.assert(
    fc.property(randomProgram, (program) => {
      const host = new TestHost();
      const [a, b] = [start(host, program), start(host, program)];
      runAll(a.machine, BUDGET);
      runAll(b.machine, BUDGET);
      expectEqual(a, b);
    }),
    RUNS,
  );
});

test('run(a) then run(b) is run(a + b), wherever the cuts are', () => {
  fc.assert(
    fc.property(randomProgram, fc.integer({ min: 1, max: 97 }), (program, cut) => {
      const host = new TestHost();
      const [whole, split] = [start(host, program), start(host, program)];
      runAll(whole.machine, BUDGET);
      runAll(split.machine, BUDGET, cut);
      expectEqual(whole, split);
    }),
    RUNS,
  );
});

test('what is saved and loaded into another host goes on as if it had stayed', () => {
  fc.assert(
    fc.property(randomProgram, fc.integer({ min: 0, max: BUDGET }), (program, moveAfter) => {
      const host = new TestHost();
      const [stays, moves] = [start(host, program), start(host, program)];
      const first = stays.machine.run(moveAfter);
      expect(moves.machine.run(moveAfter)).toBe(first);
      const elsewhere = new TestHost();
      elsewhere.newBlock();
      const arrived = elsewhere.createMachine(RAM_BYTES);
      arrived.machine.load(moves.machine.save());
      for (let page = 0; page < moves.pages.ramPageCount; page++) {
        const from = moves.pages.readFrame(page);
        elsewhere.core.host.bytes.set(host.core.host.bytes.subarray(from, from + 4096), arrived.pages.writeFrame(page));
      }
      arrived.machine.flushTranslations();
      // Both forget their translations here: without a fence, what a guest sees of changed page tables depends on them.
      stays.machine.flushTranslations();
      for (const { machine } of [stays, arrived]) {
        machine.beginSlice(50_000, RATE);
        runAll(machine, BUDGET);
      }
      expectEqual(stays, arrived);
    }),
    RUNS,
  );
});

test('saving is the identity on what was loaded', () => {
  fc.assert(
    fc.property(randomProgram, (program) => {
      const host = new TestHost();
      const from = start(host, program);
      runAll(from.machine, BUDGET);
      const saved = from.machine.save();
      const to = host.createMachine(RAM_BYTES);
      to.machine.load(saved);
      expect(Buffer.from(to.machine.save()).equals(saved)).toBe(true);
    }),
    { ...RUNS, numRuns: 20 },
  );
});

test('frames that move, write translations that go, and pages that have to be waited for change nothing the guest sees', () => {
  fc.assert(
    fc.property(randomProgram, fc.integer({ min: 1, max: 200 }), (program, cut) => {
      const host = new TestHost();
      const [quiet, disturbed] = [start(host, program), start(host, program)];
      runAll(quiet.machine, BUDGET);
      for (let left = BUDGET; left > 0; ) {
        disturbed.pages.share();
        disturbed.machine.flushWriteTranslations();
        disturbed.pages.supply = 0;
        const reason = disturbed.machine.run(Math.min(left, cut));
        left -= disturbed.machine.executed;
        if (reason === 'fault') {
          disturbed.pages.supply = 8;
          disturbed.machine.run(Math.min(left, 1));
          left -= disturbed.machine.executed;
        }
        if (disturbed.machine.exitReason !== undefined) break;
        const tick = disturbed.machine.nextWakeTick();
        if (tick === Infinity) break;
        if (tick > 0) disturbed.machine.beginSlice(tick, RATE);
      }
      expectEqual(quiet, disturbed);
    }),
    RUNS,
  );
});

test('where in 4 GiB of host memory a machine lies makes no difference', () => {
  const low = new TestHost();
  const high = new TestHost(2 ** 32, 2 ** 32 - 2 ** 28);
  fc.assert(
    fc.property(randomProgram, (program) => {
      const [a, b] = [start(low, program), start(high, program)];
      runAll(a.machine, BUDGET);
      runAll(b.machine, BUDGET);
      expectEqual(a, b);
    }),
    { ...RUNS, numRuns: 30 },
  );
});
