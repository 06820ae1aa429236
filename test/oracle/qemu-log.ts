// Reads what `qemu-system-riscv64 -singlestep -d cpu,exec,int,nochain` writes: before each instruction the registers, and a line for each
// trap. It works on bytes as they arrive, since a program of a few thousand instructions makes megabytes. Which registers are
// dumped, and where in the dump, is learned from what comes, so other versions of QEMU can be read too.

import assert from 'node:assert/strict';

export interface QemuTrap {
  readonly isInterrupt: boolean;
  readonly cause: number;
}

/** The machine before one instruction. The values are overwritten by the next one. */
export interface QemuStep {
  /** Values in the order of `names`. */
  readonly values: BigUint64Array;
  readonly names: readonly string[];
  /** 0 user, 1 supervisor, 3 machine. */
  readonly mode: number;
  /** Traps since the instruction before. */
  readonly traps: readonly QemuTrap[];
  /** An atomic instruction that QEMU could not do in one go (a device, nothing at all) and took apart into a load and a store. */
  readonly isTakenApart: boolean;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const LETTER_T = 0x54;
const LETTER_S = 0x53;
const LETTER_R = 0x72;
const GPR_COUNT = 32;
const HEX_DIGITS = 16;
const TRAP_LINE = /async:(\d), cause:([0-9a-f]+)/;
/** Flags of the block (the mode in the low bits), then flags of the translation. */
const FLAGS_FIELDS = /\/[0-9a-f]{16}\/([0-9a-f]{8})\/([0-9a-f]{8})/;
const CF_PARALLEL = 0x80000;

interface Layout {
  readonly names: readonly string[];
  readonly offsets: readonly number[];
  readonly bytes: number;
  readonly values: BigUint64Array;
  readonly halves: Uint32Array;
}

/** Longer than any dump. */
const LONGEST_DUMP_BYTES = 8192;
const LAST_NAME = 'x31/t6';

/** Where each value stands in a dump that begins at byte 0 of `text`; undefined while the dump is not complete. */
const learnLayout = (text: string): Layout | undefined => {
  const names: string[] = [];
  const offsets: number[] = [];
  const pattern = / (\S+) +([0-9a-f]{16})(\n?)/g;
  let general = 0;
  for (const match of text.matchAll(pattern)) {
    const name = match[1] ?? '';
    names.push(name.replace(/\/.*$/, ''));
    offsets.push(match.index + match[0].length - (match[3] ?? '').length - HEX_DIGITS);
    if (/^x\d+\//.test(name)) general++;
    if (general === GPR_COUNT) {
      const values = new BigUint64Array(names.length);
      return { names, offsets, bytes: match.index + match[0].length, values, halves: new Uint32Array(values.buffer) };
    }
  }
  return undefined;
};

const HEX_VALUE = new Uint8Array(128);
for (let digit = 0; digit < 16; digit++) HEX_VALUE[digit.toString(16).charCodeAt(0)] = digit;

export class QemuLog {
  readonly #onStep: (step: QemuStep) => void;
  #pending: Buffer = Buffer.alloc(0);
  /** Several, since QEMU leaves out what the present privilege may not read: satp in S mode with TVM. */
  readonly #layouts: Layout[] = [];
  #mode = 3;
  #isTakenApart = false;
  #readyIsTakenApart = false;
  #traps: QemuTrap[] = [];
  /** A dump that has been read; it counts once the next line shows that the instruction was not put off. */
  #ready: Layout | undefined;

  constructor(onStep: (step: QemuStep) => void) {
    this.#onStep = onStep;
  }

  /** Bytes that have arrived. */
  write(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    for (;;) {
      const used = this.#take(bytes, at);
      if (used === 0) break;
      at += used;
    }
    this.#pending = Buffer.from(bytes.subarray(at));
  }

  /** Nothing more will come. */
  end(): void {
    this.#deliver();
  }

  /** Takes one item from `at`, and answers its length; 0 when it is not complete. */
  #take(bytes: Buffer, at: number): number {
    const first = bytes[at];
    if (first === undefined) return 0;
    if (first === SPACE) return this.#takeDump(bytes, at);
    const end = bytes.indexOf(NEWLINE, at);
    if (end === -1) return 0;
    if (first === LETTER_T || first === LETTER_R || first === LETTER_S) {
      const line = bytes.toString('latin1', at, end);
      if (line.startsWith('Trace ')) {
        const flags = FLAGS_FIELDS.exec(line);
        assert(flags !== null, `no flags in «${line}»`);
        this.#isTakenApart = (Number.parseInt(flags[2] ?? '', 16) & CF_PARALLEL) === 0;
        // Then the dump before was of the same instruction, which did not get through.
        if (this.#isTakenApart) this.#ready = undefined;
        this.#deliver();
        this.#mode = Number.parseInt(flags[1] ?? '', 16) & 3;
      } else if (line.startsWith('riscv_cpu_do_interrupt')) {
        this.#deliver();
        const match = TRAP_LINE.exec(line);
        assert(match !== null, `no cause in «${line}»`);
        this.#traps.push({ isInterrupt: match[1] === '1', cause: Number.parseInt(match[2] ?? '', 16) });
      } else if (line.startsWith('Stopped execution')) {
        // The instruction was announced but put off for an interrupt.
        this.#ready = undefined;
      }
    }
    return end + 1 - at;
  }

  #takeDump(bytes: Buffer, at: number): number {
    const layout = this.#layoutAt(bytes, at);
    if (layout === undefined) return 0;
    const { halves, offsets } = layout;
    for (let index = 0; index < offsets.length; index++) {
      const start = at + (offsets[index] ?? 0);
      let high = 0;
      let low = 0;
      for (let digit = 0; digit < 8; digit++) high = (high << 4) | (HEX_VALUE[bytes[start + digit] ?? 0] ?? 0);
      for (let digit = 8; digit < 16; digit++) low = (low << 4) | (HEX_VALUE[bytes[start + digit] ?? 0] ?? 0);
      halves[2 * index] = low;
      halves[2 * index + 1] = high;
    }
    this.#ready = layout;
    this.#readyIsTakenApart = this.#isTakenApart;
    return layout.bytes;
  }

  /** The layout of the dump at `at`; undefined while it is not complete. */
  #layoutAt(bytes: Buffer, at: number): Layout | undefined {
    const end = bytes.indexOf(LAST_NAME, at, 'latin1');
    if (end === -1 || bytes.length < end + LAST_NAME.length + 4 + HEX_DIGITS) return undefined;
    const length = bytes.indexOf(NEWLINE, end) + 1 - at;
    if (length <= 0) return undefined;
    const known = this.#layouts.find((layout) => layout.bytes === length);
    if (known !== undefined) return known;
    const learned = learnLayout(bytes.toString('latin1', at, at + LONGEST_DUMP_BYTES));
    if (learned !== undefined) this.#layouts.push(learned);
    return learned;
  }

  #deliver(): void {
    const layout = this.#ready;
    if (layout === undefined) return;
    this.#ready = undefined;
    const { values, names } = layout;
    this.#onStep({ values, names, mode: this.#mode, traps: this.#traps, isTakenApart: this.#readyIsTakenApart });
    this.#traps = [];
  }
}
