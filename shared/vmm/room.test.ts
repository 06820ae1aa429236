// Admission counts frames; a VM's block needs neighbouring ones. Whatever came and went before, a VM that fits by count has to find its place.

import { expect, test } from 'vitest';
import { add, addi, bne, jal, ld, sd } from '../machine/testing/assemble.ts';
import { SeededRandom } from '../runtime/mod.ts';
import { Vm } from './mod.ts';
import { HostWithGuests } from './testing/host-with-guests.ts';

const MIB = 1024 * 1024;
const SIZES_MIB = [2, 3, 5, 8, 13];

const pick = <T>(random: SeededRandom, items: readonly T[]): T => items[random.below(items.length)]!;

test.each([1, 2, 3, 4, 5, 6])(
  'a host on which VMs come and go has room for each that fits by count (seed %i)',
  (seed) => {
    const random = new SeededRandom(seed);
    const host = new HostWithGuests({ memoryBytes: 64 * MIB });
    const vms: { vm: Vm; frames: number; written: Map<number, number> }[] = [];
    let committed = 0;
    let made = 0;
    for (let step = 0; step < 1500; step += 1) {
      const memoryBytes = pick(random, SIZES_MIB) * MIB;
      const frames = Vm.frameCount({ memoryBytes, diskBytes: 0 });
      if (random.chance(0.3) && committed + frames <= host.memory.usableFrames) {
        vms.push({ vm: host.create([], { memoryBytes }), frames, written: new Map() });
        committed += frames;
        made += 1;
      } else if (random.chance(0.2) && vms.length > 0) {
        const [gone] = vms.splice(random.below(vms.length), 1);
        gone!.vm.destroy();
        committed -= gone!.frames;
      } else if (vms.length > 0) {
        const { pages } = pick(random, vms).vm;
        for (let count = random.below(pages.pageCount); count > 0; count -= 1)
          pages.writeFrame(random.below(pages.pageCount));
      }
    }
    expect(made).toBeGreaterThan(50);
  },
);

test('guests whose pages were moved out of the way for another VM never notice', () => {
  const PAGES = 300;
  // For ever: adds x8 to a word of each of 300 pages, in turns.
  const writer = [
    addi(8, 8, 1),
    addi(10, 11, 0), // round:
    ld(5, 10, 0), // page:
    add(5, 5, 8),
    sd(5, 10, 0),
    add(10, 10, 12),
    bne(10, 13, -16),
    jal(0, -28),
  ];
  const start = (crowded: boolean) => {
    const host = new HostWithGuests({ memoryBytes: 16 * MIB });
    const vm = host.start(writer, 0, { memoryBytes: 2 * MIB });
    vm.machine.setX(11, 0x8000_1000n);
    vm.machine.setX(12, 4096n);
    vm.machine.setX(13, 0x8000_1000n + BigInt(PAGES * 4096));
    const neighbour = host.create([], { memoryBytes: 2 * MIB });
    for (let now = 0; now < 40; now += 1) {
      host.cpus.run(now * 4_000, (now + 1) * 4_000);
      // So that the pages of both lie like teeth.
      for (let page = 0; page < 10; page += 1) neighbour.pages.writeFrame(now * 10 + page);
    }
    if (crowded) {
      const taken: number[] = [];
      while (host.memory.freeFrames > 0) taken.push(host.memory.allocateFrame());
      neighbour.pages.releaseAll();
      for (const frame of taken.slice(0, 200)) host.memory.releaseFrame(frame);
      const before = Array.from({ length: PAGES }, (_, page) => vm.pages.readFrame(page));
      const other = host.create([], { memoryBytes: MIB });
      const after = Array.from({ length: PAGES }, (_, page) => vm.pages.readFrame(page));
      expect(after).not.toEqual(before);
      other.destroy();
    }
    const dirty: number[] = [];
    vm.collectDirty((page) => dirty.push(page));
    for (let now = 40; now < 80; now += 1) host.cpus.run(now * 100_000, (now + 1) * 100_000);
    return {
      dirty,
      content: Array.from({ length: PAGES + 1 }, (_, page) => host.page(vm, page)),
      state: vm.machine.save(),
    };
  };
  expect(start(true)).toEqual(start(false));
});
