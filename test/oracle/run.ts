// Compares random programs from the command line: one seed that failed, or many new ones.
//
//   npm run oracle -- --seed 7                 one program, with everything about a difference
//   npm run oracle -- --seed 1 --count 1000    seeds 1..1000
//   npm run oracle -- --kinds paging,pmp       only such snippets
//   npm run oracle -- --exclusions             what is left out of the comparison, and why

import { parseArgs } from 'node:util';
import { compareProgram, describeMismatch, shrink } from './compare.ts';
import { CSR_TABLE, EXCLUSIONS } from './csr-table.ts';
import { qemuVersion } from './qemu.ts';
import { randomProgram, SNIPPETS } from './random-program.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    kinds: { type: 'string' },
    snippets: { type: 'string' },
    only: { type: 'string' },
    exclusions: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
  },
});

const showExclusions = (): void => {
  for (const entry of CSR_TABLE) {
    if (entry.excluded !== undefined) console.log(`${entry.name}: ${entry.excluded}`);
  }
  for (const { what, why } of EXCLUSIONS) console.log(`${what}: ${why}`);
};

const compareAll = async (): Promise<number> => {
  const first = Number(values.seed);
  const count = Number(values.count);
  const traps = new Map<string, number>();
  const modes = [0, 0, 0];
  let failures = 0;
  let unfinished = 0;
  for (let seed = first; seed < first + count; seed++) {
    const program = randomProgram({
      seed,
      ...(values.kinds === undefined ? {} : { kinds: values.kinds.split(',') }),
      ...(values.snippets === undefined ? {} : { snippets: Number(values.snippets) }),
      ...(values.only === undefined ? {} : { only: values.only.split(',').map(Number) }),
    });
    const outcome = await compareProgram(program);
    for (const [trap, times] of outcome.traps) traps.set(trap, (traps.get(trap) ?? 0) + times);
    outcome.stepsByMode.forEach((steps, mode) => {
      modes[mode] = (modes[mode] ?? 0) + steps;
    });
    if (outcome.mismatch !== undefined) {
      failures++;
      const small =
        values['no-shrink'] || values.only !== undefined
          ? ([program, outcome.mismatch] as const)
          : await shrink(program, outcome.mismatch);
      console.log(`${describeMismatch(...small)}\n`);
    } else if (!outcome.hasEnded) unfinished++;
  }
  const [user, supervisor, machine] = modes;
  console.log(
    `${count} programs, ${failures} with a difference, ${unfinished} cut off (too many steps, or QEMU crashed)`,
  );
  console.log(`instructions: ${machine} in M mode, ${supervisor} in S mode, ${user} in U mode`);
  console.log(`traps: ${[...traps].map(([trap, times]) => `${trap} × ${times}`).join(', ')}`);
  return failures === 0 ? 0 : 1;
};

if (values.exclusions) showExclusions();
else if (qemuVersion() === undefined) {
  console.error('qemu-system-riscv64 is not installed: apt-get install qemu-system-misc');
  process.exitCode = 3;
} else {
  const unknown = values.kinds?.split(',').filter((kind) => SNIPPETS[kind] === undefined) ?? [];
  if (unknown.length > 0) {
    console.error(`no snippets named ${unknown.join(', ')}; there are ${Object.keys(SNIPPETS).join(', ')}`);
    process.exitCode = 2;
  } else process.exitCode = await compareAll();
}
