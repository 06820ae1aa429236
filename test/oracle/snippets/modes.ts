// S and U mode: the snippet sets up delegation, translation, counters, handlers and an interrupt at random, enters the mode by MRET,
// runs random instructions there, among them all that are forbidden, and comes back to M mode through a trap. Returns between S and U
// mode happen by SRET, in the body and in the supervisor's handler. mstatus.TVM, TW and TSR are random.

import type { Assembler } from '../assembler.ts';
import { Label } from '../assembler.ts';
import { CSR, MEDELEG_BITS, MSTATUS, SUPERVISOR_INTERRUPTS } from '../csr-table.ts';
import { OPCODE, typeR } from '../encoding.ts';
import { USER_ALIAS } from '../layout.ts';
import { randomVirtualAddress, SATP_SV39 } from '../page-tables.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { emitArithmetic, emitFreshValues } from './arithmetic.ts';
import { emitAmo, emitReservedPair } from './atomic.ts';
import { emitAccess, randomDataAddress } from './memory.ts';
import { emitCsrAccess, SUPERVISOR_CSRS } from './registers.ts';
import { randomRegister, randomValue, type SnippetContext, T0, T1, T2 } from './snippet.ts';

export const ECALL = 0x00000073;
export const EBREAK = 0x00100073;
export const SRET = 0x10200073;
export const MRET = 0x30200073;
export const WFI = 0x10500073;

const SUPERVISOR = 1;
const USER = 0;

export const emitFence = (asm: Assembler, rs1 = 0, rs2 = 0): void =>
  asm.system(`sfence.vma x${rs1}, x${rs2}`, typeR(OPCODE.system, 0, 0x09, 0, rs1, rs2));

export const setCsr = (asm: Assembler, csr: number, value: bigint): void => {
  asm.constant(T0, value);
  asm.csr(1, 0, csr, T0);
};

/** Anything but M-mode ecall, and never both of the ways in which the supervisor's handler gives up. */
const randomDelegation = (random: SeededRandom): bigint => {
  const wanted = random.chance(0.3) ? 0n : random.chance(0.3) ? MEDELEG_BITS : random.bits64() & MEDELEG_BITS;
  return wanted & ~(1n << random.pick([3n, 9n]));
};

/** At most one interrupt enabled and pending (see csr-table.ts). */
const emitInterrupt = (asm: Assembler, random: SeededRandom): void => {
  const bit = random.pick([0x2n, 0x20n, 0x200n]);
  setCsr(asm, CSR.mideleg, random.bits64() & SUPERVISOR_INTERRUPTS);
  setCsr(asm, CSR.mip, random.chance(0.7) ? bit : SUPERVISOR_INTERRUPTS & ~bit);
  setCsr(asm, CSR.mie, bit);
};

/** The registers that random code in the lower mode uses as addresses. */
interface Pointers {
  readonly all: readonly number[];
  readonly translated: boolean;
  /** S mode may use SFENCE.VMA. */
  readonly mayFence: boolean;
}

const emitPointers = (asm: Assembler, random: SeededRandom, translated: boolean, mayFence: boolean): Pointers => {
  const all: number[] = [];
  while (all.length < 5) {
    // Not ra: code that is called by mistake returns through it. Not what the handlers change.
    const register = randomRegister(random, [0, 1, T0, T1, T2, ...all]);
    all.push(register);
    // The last one at the end of a page, where an instruction crosses into the next one.
    const within = all.length === 5 ? 0xffe : undefined;
    asm.constant(register, translated ? randomVirtualAddress(random, within) : randomDataAddress(random));
  }
  return { all, translated, mayFence };
};

const emitSupervisorReturn = (context: SnippetContext, translated: boolean): void => {
  const { asm, random } = context;
  const target = new Label(`sret_${asm.offset.toString(16)}`);
  const toUser = random.chance(0.6);
  asm.address(T0, target);
  if (toUser && translated) {
    asm.lui(T1, USER_ALIAS >>> 12);
    asm.op('sub', 0, 0x20, T0, T0, T1);
  }
  asm.csr(1, 0, CSR.sepc, T0);
  asm.constant(T0, MSTATUS.SPP);
  asm.csr(toUser ? 3 : 2, 0, CSR.sstatus, T0);
  asm.system('sret', SRET);
  asm.place(target);
};

const emitForbidden = (context: SnippetContext, waits: boolean, keep: readonly number[]): void => {
  const { asm, random } = context;
  switch (random.below(12)) {
    case 0:
      asm.system('ecall', ECALL);
      break;
    case 1:
      asm.system('ebreak', EBREAK);
      break;
    case 2:
      asm.half(0x9002, 'c.ebreak');
      break;
    case 3:
      asm.system('mret', MRET);
      break;
    case 4:
      emitFence(asm, random.below(32), random.below(32));
      break;
    case 5:
    case 8:
    case 9:
      if (waits) asm.system('wfi', WFI);
      break;
    case 6:
      asm.csr(2, randomRegister(random, keep), CSR.satp, 0);
      break;
    case 7:
      asm.csr(2, randomRegister(random, keep), random.pick([CSR.mstatus, CSR.mepc, CSR.mhartid, CSR.pmpcfg0]), 0);
      break;
    default:
      asm.word(0, '.word 0');
  }
};

const emitBody = (context: SnippetContext, mode: number, pointers: Pointers, waits: boolean): void => {
  const { asm, random } = context;
  const keep = pointers.all;
  const count = random.between(10, 40);
  for (let index = 0; index < count; index++) {
    const pointer = random.pick(pointers.all);
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        emitArithmetic(asm, random, keep);
        break;
      case 4:
        emitAmo(asm, random, pointer, keep);
        break;
      case 5:
        emitReservedPair(asm, random, pointer, keep);
        break;
      case 6:
      case 7:
        if (mode === SUPERVISOR || random.chance(0.2)) emitCsrAccess(asm, random, SUPERVISOR_CSRS, keep);
        break;
      case 8:
        if (mode === SUPERVISOR && random.chance(0.4)) emitSupervisorReturn(context, pointers.translated);
        break;
      case 9:
        if (random.chance(0.6)) emitForbidden(context, waits, keep);
        break;
      case 10:
        // Fetches from wherever the pointer leads; the data pages hold returns at the places that are tried most.
        // Only where what it may do to the pointers leads to a page fault at worst, and not to a device.
        if (pointers.translated && random.chance(0.4)) {
          // A fetch from a user page with SUM set only when QEMU's TLB does not know the page (see csr-table.ts).
          if (mode === SUPERVISOR) {
            if (pointers.mayFence && random.chance(0.5)) emitFence(asm);
            else {
              asm.lui(T0, Number(MSTATUS.SUM >> 12n));
              asm.csr(3, 0, CSR.sstatus, T0);
            }
          }
          asm.jalr(1, random.chance(0.4) ? (pointers.all[4] ?? pointer) : pointer, 0);
        }
        break;
      default:
        emitAccess(asm, random, pointer, keep, 64);
    }
  }
};

/** Comes back to M mode whatever is delegated: see the supervisor's handler. */
const emitExit = (asm: Assembler): void => {
  asm.system('ecall', ECALL);
  asm.system('ebreak', EBREAK);
};

export const modesSnippet = (context: SnippetContext): void => {
  const { asm, random, handlers } = context;
  const mode = random.pick([SUPERVISOR, USER]);
  const translated = random.chance(0.75);
  const delegation = randomDelegation(random);
  setCsr(asm, CSR.medeleg, delegation);
  setCsr(asm, CSR.mcounteren, random.bits64() & 7n);
  setCsr(asm, CSR.scounteren, random.bits64() & 7n);
  setCsr(asm, CSR.sscratch, randomValue(random));
  setCsr(asm, CSR.satp, translated ? SATP_SV39 | (BigInt(random.below(4)) << 44n) : 0n);
  emitFence(asm);
  const vectored = random.chance(0.4);
  asm.address(T0, vectored ? handlers.supervisorVectors : handlers.supervisor, vectored ? 1 : 0);
  asm.csr(1, 0, CSR.stvec, T0);
  const interrupted = random.chance(0.35);
  if (interrupted) emitInterrupt(asm, random);
  else setCsr(asm, CSR.mie, 0n);

  let status = BigInt(mode) << MSTATUS.MPP_SHIFT;
  for (const bit of [MSTATUS.SIE, MSTATUS.SPIE, MSTATUS.MPIE, MSTATUS.SPP, MSTATUS.SUM, MSTATUS.MXR]) {
    if (random.chance(0.5)) status |= bit;
  }
  for (const bit of [MSTATUS.TVM, MSTATUS.TW, MSTATUS.TSR]) if (random.chance(0.25)) status |= bit;
  // With SRET forbidden and the trap of it delegated, the supervisor's handler would never come to an end.
  if ((delegation & 4n) !== 0n) status &= ~MSTATUS.TSR;
  setCsr(asm, CSR.mstatus, status);

  const body = new Label(`body_${asm.offset.toString(16)}`);
  asm.address(T0, body);
  if (translated && mode === USER) {
    asm.lui(T1, USER_ALIAS >>> 12);
    asm.op('sub', 0, 0x20, T0, T0, T1);
  }
  asm.csr(1, 0, CSR.mepc, T0);
  emitFreshValues(asm, random, 3, [T0, T1]);
  // No way back from a call that an earlier snippet made.
  asm.addi(1, 0, 0);
  const pointers = emitPointers(asm, random, translated, (status & MSTATUS.TVM) === 0n);
  asm.system('mret', MRET);
  asm.place(body);
  // WFI waits for ever with nothing pending, unless it traps.
  const waits = mode === USER || (status & MSTATUS.TW) !== 0n;
  emitBody(context, mode, pointers, waits && !interrupted);
  emitExit(asm);
};
