// `npm run bench:emulator`: instructions a second of our emulator and of QEMU TCG on the same ELF files, in CPU time of the processes,
// not wall time, so that a busy machine disturbs little. Rounds are interleaved and medians shown. Both sides must print the same
// checksum. Instructions are counted by ours, exactly; QEMU executes the same ones, since no kernel reads a clock.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderTable } from '../shared/report/mod.ts';
import type { KernelRun } from './emulator-child.ts';

interface Round {
  readonly ours: KernelRun;
  readonly qemuSeconds: number | undefined;
}

interface KernelFigures {
  readonly kernel: string;
  readonly instructions: number;
  readonly checksum: string;
  /** Million instructions a CPU second. */
  readonly oursMips: number;
  /** With all of V8's compilation in it. */
  readonly oursColdMips: number;
  readonly qemuMips: number | undefined;
  /** Ours as a part of QEMU. */
  readonly ratio: number | undefined;
  /** Largest less smallest ratio of the rounds, as a part of the median. */
  readonly spread: number | undefined;
}

const QEMU = 'qemu-system-riscv64';
const KERNELS = fileURLToPath(new URL('kernels/', import.meta.url));
const CHILD = fileURLToPath(new URL('emulator-child.ts', import.meta.url));
/** Does nothing: its CPU time is what QEMU needs to start and to stop. */
const EMPTY = 'empty';
const DEFAULT_ROUNDS = 5;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
    kernels: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const USAGE = `usage: npm run bench:emulator -- [--json] [--rounds N] [--kernels sieve,sort]
Speed of the emulator in million instructions a CPU second, beside QEMU's.
`;

class BenchFailed extends Error {}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

const elfOf = (kernel: string): string => `${KERNELS}${kernel}.elf`;

const runOurs = (kernel: string): KernelRun => {
  const child = spawnSync(process.execPath, [CHILD, elfOf(kernel)], { encoding: 'utf8' });
  if (child.status !== 0) throw new BenchFailed(`${kernel} on ours: ${child.stderr}`);
  return JSON.parse(child.stdout) as KernelRun;
};

const qemuVersion = (): string | undefined => {
  const answer = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 ? /version (\S+)/.exec(answer.stdout)?.[1] : undefined;
};

/** bash reports what the kernel counted for its child (getrusage), user and system, in milliseconds. */
const runQemu = (kernel: string): { seconds: number; checksum: string } => {
  const machine = '-M virt -m 64M -bios none -nodefaults -display none -monitor none -serial stdio';
  const command = `TIMEFORMAT='%3U %3S'; time ${QEMU} ${machine} -kernel "$1" </dev/null`;
  const child = spawnSync('bash', ['-c', command, 'bash', elfOf(kernel)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const times = /(\d+\.\d+) (\d+\.\d+)\s*$/.exec(child.stderr);
  if (child.status !== 0 || times === null) throw new BenchFailed(`${kernel} on QEMU: ${child.stderr}`);
  return { seconds: Number(times[1]) + Number(times[2]), checksum: child.stdout.trim() };
};

const runRound = (kernel: string, hasQemu: boolean): Round => {
  const ours = runOurs(kernel);
  if (!hasQemu) return { ours, qemuSeconds: undefined };
  const qemu = runQemu(kernel);
  if (qemu.checksum !== ours.checksum) {
    throw new BenchFailed(`${kernel}: ours prints ${ours.checksum}, QEMU ${qemu.checksum}`);
  }
  return { ours, qemuSeconds: qemu.seconds };
};

const figuresOf = (kernel: string, rounds: readonly Round[], startSeconds: number): KernelFigures => {
  const { instructions, checksum } = rounds[0]!.ours;
  const mips = (seconds: number): number => instructions / seconds / 1e6;
  const oursMips = mips(median(rounds.map(({ ours }) => ours.warmSeconds)));
  const oursColdMips = mips(median(rounds.map(({ ours }) => ours.coldSeconds)));
  const qemuSeconds = rounds.flatMap(({ qemuSeconds: seconds }) =>
    seconds === undefined ? [] : [seconds - startSeconds],
  );
  if (qemuSeconds.length === 0) {
    return {
      kernel,
      instructions,
      checksum,
      oursMips,
      oursColdMips,
      qemuMips: undefined,
      ratio: undefined,
      spread: undefined,
    };
  }
  const qemuMips = mips(median(qemuSeconds));
  const ratios = rounds.map(({ ours }, index) => qemuSeconds[index]! / ours.warmSeconds);
  const ratio = median(ratios);
  const spread = (Math.max(...ratios) - Math.min(...ratios)) / ratio;
  return { kernel, instructions, checksum, oursMips, oursColdMips, qemuMips, ratio, spread };
};

const geometricMean = (numbers: readonly number[]): number =>
  Math.exp(numbers.reduce((sum, number) => sum + Math.log(number), 0) / numbers.length);

const shown = (number: number | undefined, digits: number): string =>
  number === undefined ? '–' : number.toFixed(digits);

const printTable = (figures: readonly KernelFigures[], version: string | undefined, rounds: number): void => {
  const mean = (pick: (each: KernelFigures) => number | undefined): number | undefined => {
    const numbers = figures.flatMap((each) => pick(each) ?? []);
    return numbers.length === figures.length ? geometricMean(numbers) : undefined;
  };
  const row = (each: Omit<KernelFigures, 'checksum' | 'instructions'> & { instructions: string }): string[] => [
    each.kernel,
    each.instructions,
    shown(each.oursColdMips, 0),
    shown(each.oursMips, 0),
    shown(each.qemuMips, 0),
    shown(each.ratio, 3),
    each.spread === undefined ? '' : `±${((each.spread * 100) / 2).toFixed(0)} %`,
  ];
  const rows = figures.map((each) => row({ ...each, instructions: `${(each.instructions / 1e6).toFixed(0)} M` }));
  rows.push(
    row({
      kernel: 'geometric mean',
      instructions: '',
      oursColdMips: mean((each) => each.oursColdMips) ?? 0,
      oursMips: mean((each) => each.oursMips) ?? 0,
      qemuMips: mean((each) => each.qemuMips),
      ratio: mean((each) => each.ratio),
      spread: undefined,
    }),
  );
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const columns = [
    { title: 'kernel' },
    right('instructions'),
    right('first run'),
    right('ours'),
    right('QEMU'),
    right('ours/QEMU'),
    right(''),
  ];
  const terminal = { width: process.stdout.columns ?? 100, colours: false };
  const qemu = version === undefined ? `${QEMU} is not installed: only ours is measured` : `QEMU ${version} TCG`;
  process.stdout.write(
    [
      `Million instructions a CPU second; medians of ${rounds} interleaved rounds; ${cpus()[0]?.model ?? 'unknown CPU'};`,
      `Node ${process.versions.node}; ${qemu}.`,
      '',
      renderTable(terminal, columns, rows),
      '',
      "«first run» has all of V8's compilation in it, «ours» is the run after it, in slices of a million instructions.",
      "QEMU's time is less what it needs for an empty program, and has its translation in it.",
      '',
    ].join('\n'),
  );
};

const main = (): void => {
  const all = readdirSync(KERNELS)
    .filter((name) => name.endsWith('.elf'))
    .map((name) => name.slice(0, -'.elf'.length))
    .filter((name) => name !== EMPTY);
  const kernels = values.kernels?.split(',') ?? all;
  const unknown = kernels.filter((kernel) => !all.includes(kernel));
  const rounds = Number(values.rounds);
  if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
    process.stderr.write(`${USAGE}kernels: ${all.join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  const version = qemuVersion();
  const taken = new Map<string, Round[]>(kernels.map((kernel) => [kernel, []]));
  const starts: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (version !== undefined) starts.push(runQemu(EMPTY).seconds);
    for (const [kernel, done] of taken) {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[Kround ${round + 1} of ${rounds}: ${kernel}`);
      done.push(runRound(kernel, version !== undefined));
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const startSeconds = starts.length === 0 ? 0 : median(starts);
  const figures = [...taken].map(([kernel, done]) => figuresOf(kernel, done, startSeconds));
  if (values.json) {
    const ratios = figures.flatMap(({ ratio }) => ratio ?? []);
    const summary = {
      node: process.versions.node,
      qemu: version ?? null,
      cpu: cpus()[0]?.model ?? null,
      rounds,
      qemuStartSeconds: startSeconds,
      oursMipsGeometricMean: geometricMean(figures.map(({ oursMips }) => oursMips)),
      ratioGeometricMean: ratios.length === figures.length ? geometricMean(ratios) : null,
      kernels: figures,
    };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  } else printTable(figures, version, rounds);
};

if (values.help) process.stdout.write(USAGE);
else {
  try {
    main();
  } catch (error) {
    if (!(error instanceof BenchFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
