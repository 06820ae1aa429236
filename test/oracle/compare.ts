// Runs one program on QEMU and on ours, side by side: before each instruction all registers and CSRs of QEMU's dump and the privilege
// are compared, at the end RAM. QEMU's log drives; ours executes one instruction for each entry.

import { CSR } from './csr-table.ts';
import { elfFile } from './elf-file.ts';
import { COMPARED_BYTES, RAM_BASE } from './layout.ts';
import { Ours } from './ours.ts';
import { runQemu, type StepVerdict } from './qemu.ts';
import type { QemuStep } from './qemu-log.ts';
import { type Program, randomProgram } from './random-program.ts';

export interface Mismatch {
  readonly step: number;
  /** The instruction after which the two differ. */
  readonly pc: bigint;
  /** What differs: a register, a CSR, `mode`, `memory`, `end`. */
  readonly name: string;
  readonly qemu: string;
  readonly ours: string;
  /** Further differences at the same step. */
  readonly others: readonly string[];
  /** The last instructions, oldest first. */
  readonly trail: readonly bigint[];
}

export interface Outcome {
  readonly steps: number;
  /** Instructions executed in U, S and M mode. */
  readonly stepsByMode: readonly [number, number, number];
  /** How often each trap was taken, by `e` or `i` and the cause. */
  readonly traps: ReadonlyMap<string, number>;
  /** False when the program was cut off: a loop that random code made, or QEMU crashed over it. */
  readonly hasEnded: boolean;
  readonly mismatch: Mismatch | undefined;
}

/** A program that runs longer has caught itself in a loop; the rest of it would show nothing new. */
export const STEP_LIMIT = 40_000;
const TRAIL = 12;
const FETCH_CAUSES = [0, 1, 12];
const LOAD_ACCESS_FAULT = 5n;

const hex = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16).padStart(16, '0')}`;

class Lockstep {
  steps = 0;
  readonly stepsByMode: [number, number, number] = [0, 0, 0];
  readonly traps = new Map<string, number>();
  readonly trail: bigint[] = [];
  mismatch: Mismatch | undefined;
  readonly #ours: Ours;
  /** By the list of names, of which QEMU has a few. */
  readonly #readers = new Map<readonly string[], readonly ((() => bigint) | undefined)[]>();
  #hasEntered = false;
  #wasTakenApart = false;

  constructor(ours: Ours) {
    this.#ours = ours;
  }

  take(step: QemuStep): StepVerdict {
    const pc = step.values[step.names.indexOf('pc')] ?? 0n;
    if (!this.#hasEntered) {
      if (pc !== BigInt(RAM_BASE)) return 'go-on';
      this.#hasEntered = true;
      this.#ours.enter(step.names, step.values);
    }
    // Taken apart, an atomic instruction reports the causes of a load (see csr-table.ts): nothing to compare from here on.
    if (this.#wasTakenApart && step.traps.some(({ isInterrupt }) => !isInterrupt)) return 'stop';
    this.#wasTakenApart = step.isTakenApart;
    let hasInterrupt = false;
    for (const trap of step.traps) {
      const key = `${trap.isInterrupt ? 'i' : 'e'}${trap.cause}`;
      this.traps.set(key, (this.traps.get(key) ?? 0) + 1);
      // A fetch that fails is a step of ours, but QEMU has nothing to dump for it.
      if (!trap.isInterrupt && FETCH_CAUSES.includes(trap.cause)) this.#ours.step();
      hasInterrupt ||= trap.isInterrupt;
    }
    // Ours takes an interrupt when it begins the next instruction, QEMU has already taken it: compared one instruction later.
    if (!hasInterrupt) {
      this.#compare(step);
      if (this.mismatch !== undefined) return 'stop';
    }
    this.trail.push(pc);
    if (this.trail.length > TRAIL) this.trail.shift();
    this.steps++;
    const modeIndex = step.mode === 3 ? 2 : step.mode;
    this.stepsByMode[modeIndex as 0 | 1 | 2]++;
    const reason = this.#ours.step();
    if (reason !== 'budget' && reason !== 'shutdown') {
      this.#report('end', 'goes on', reason, []);
      return 'stop';
    }
    return this.steps >= STEP_LIMIT ? 'stop' : 'go-on';
  }

  compareEnd(ram: Uint8Array): void {
    const { machine } = this.#ours;
    if (machine.exitReason !== 'pass') {
      this.#report('end', 'pass', machine.exitReason ?? `still running at ${hex(machine.pc)}`, []);
      return;
    }
    const ours = this.#ours.ram(COMPARED_BYTES);
    if (Buffer.compare(ours, ram) === 0) return;
    const different: number[] = [];
    for (let offset = 0; offset < COMPARED_BYTES; offset++) if (ours[offset] !== ram[offset]) different.push(offset);
    const first = different[0];
    if (first === undefined) return;
    const show = (bytes: Uint8Array): string =>
      Buffer.from(bytes.subarray(first & ~7, (first & ~7) + 8)).toString('hex');
    this.#report(`memory at 0x${(RAM_BASE + (first & ~7)).toString(16)}`, show(ram), show(ours), [
      `${different.length} bytes differ`,
    ]);
  }

  #compare(step: QemuStep): void {
    const { names, values } = step;
    const differences: [string, bigint, bigint][] = [];
    let readers = this.#readers.get(names);
    if (readers === undefined) {
      readers = this.#ours.readers(names);
      this.#readers.set(names, readers);
    }
    for (let index = 0; index < names.length; index++) {
      const read = readers[index];
      if (read === undefined) continue;
      const ours = read();
      const qemu = values[index] ?? 0n;
      if (ours === qemu) continue;
      if (this.#isAlignedDown(names[index] ?? '', qemu, ours)) this.#ours.adopt(names[index] ?? '', qemu);
      else differences.push([names[index] ?? '', qemu, ours]);
    }
    const { privilege } = this.#ours.machine;
    if (privilege !== step.mode) differences.push(['mode', BigInt(step.mode), BigInt(privilege)]);
    const [first, ...others] = differences;
    if (first === undefined) return;
    this.#report(
      first[0],
      hex(first[1]),
      hex(first[2]),
      others.map(([name, qemu, ours]) => `${name}: QEMU ${hex(qemu)}, ours ${hex(ours)}`),
    );
  }

  /**
   * A misaligned load from where nothing is: QEMU 7.2 splits it and reports the aligned address of the first part, ours the address
   * of the access, as the manual says.
   */
  #isAlignedDown(name: string, qemu: bigint, ours: bigint): boolean {
    const { machine } = this.#ours;
    const isLoadFault =
      (name === 'mtval' && machine.csr(CSR.mcause) === LOAD_ACCESS_FAULT) ||
      (name === 'stval' && machine.csr(CSR.scause) === LOAD_ACCESS_FAULT);
    return isLoadFault && qemu <= ours && ours - qemu < 8n && (qemu & 1n) === 0n;
  }

  #report(name: string, qemu: string, ours: string, others: readonly string[]): void {
    const pc = this.trail.at(-1) ?? BigInt(RAM_BASE);
    this.mismatch = { step: this.steps, pc, name, qemu, ours, others, trail: [...this.trail] };
  }
}

/** `oursImage`: another image for our side, to show that a difference is found. */
export const compareProgram = async (program: Program, oursImage = program.image): Promise<Outcome> => {
  const elf = elfFile(program.image, RAM_BASE);
  const lockstep = new Lockstep(new Ours(elfFile(oursImage, RAM_BASE)));
  const run = await runQemu(elf, (step) => lockstep.take(step));
  if (run.ram !== undefined && lockstep.mismatch === undefined) lockstep.compareEnd(run.ram);
  const { steps, stepsByMode, traps, mismatch } = lockstep;
  return { steps, stepsByMode, traps, hasEnded: run.end === 'program', mismatch };
};

/** Text at an address of the program, also where U mode sees it. */
const textAt = (program: Program, pc: bigint): string => {
  const offset = Number(BigInt.asUintN(30, pc));
  const listed = program.listing.get(offset);
  if (listed !== undefined) return listed;
  const view = new DataView(program.image.buffer);
  return offset + 4 <= view.byteLength ? `.word 0x${view.getUint32(offset, true).toString(16).padStart(8, '0')}` : '?';
};

/** Everything one needs to find the bug. */
export const describeMismatch = (program: Program, mismatch: Mismatch): string => {
  const { choice } = program;
  const offset = Number(BigInt.asUintN(30, mismatch.pc));
  const part = program.parts.findLast(({ address }) => address - RAM_BASE <= offset);
  const command = [
    `npm run oracle -- --seed ${choice.seed}`,
    choice.kinds === undefined ? '' : `--kinds ${choice.kinds.join(',')}`,
    choice.snippets === undefined ? '' : `--snippets ${choice.snippets}`,
    choice.only === undefined ? '' : `--only ${choice.only.join(',')}`,
  ];
  return [
    `seed ${choice.seed}, step ${mismatch.step}, snippet ${part?.index} (${part?.kind}): ${mismatch.name} differs after`,
    `  ${hex(mismatch.pc)}  ${textAt(program, mismatch.pc)}`,
    `  QEMU ${mismatch.qemu}`,
    `  ours ${mismatch.ours}`,
    ...mismatch.others.map((other) => `  ${other}`),
    'before it:',
    ...mismatch.trail.slice(0, -1).map((pc) => `  ${hex(pc)}  ${textAt(program, pc)}`),
    `again: ${command.filter((word) => word !== '').join(' ')}`,
  ].join('\n');
};

/** Leaves out as many snippets as it can while the program still fails, first the ones behind the failure, then one by one. */
export const shrink = async (program: Program, mismatch: Mismatch): Promise<[Program, Mismatch]> => {
  let best: [Program, Mismatch] = [program, mismatch];
  const offset = Number(BigInt.asUintN(30, mismatch.pc));
  const failing = program.parts.findLast(({ address }) => address - RAM_BASE <= offset)?.index ?? 0;
  let only = program.parts.map(({ index }) => index).filter((index) => index <= failing);
  const attempt = async (candidate: readonly number[]): Promise<boolean> => {
    const smaller = randomProgram({ ...program.choice, only: candidate });
    const outcome = await compareProgram(smaller);
    if (outcome.mismatch === undefined) return false;
    best = [smaller, outcome.mismatch];
    return true;
  };
  if (await attempt([failing])) return best;
  for (const index of only) {
    const candidate = only.filter((other) => other !== index);
    if (index !== failing && (await attempt(candidate))) only = candidate;
  }
  return best;
};
