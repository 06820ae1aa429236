// The fixed parts of a random program: its beginning (registers, trap vectors, PMP, timer), the trap handlers of M and S mode, and its
// end. The handlers make sure that a program ends: whatever traps to M mode goes on at the next snippet, whose address each snippet
// puts into mscratch when it begins, after some tries of going on behind the instruction.

import type { Assembler } from './assembler.ts';
import { Label } from './assembler.ts';
import { CSR, MSTATUS } from './csr-table.ts';
import { OPCODE } from './encoding.ts';
import {
  CLINT_MTIMECMP,
  CODE_LIMIT,
  CODE_OFFSET,
  FINISHER,
  FINISHER_PASS,
  RAM_BASE,
  SKIPS_LEFT_OFFSET,
} from './layout.ts';
import type { SeededRandom } from './seeded-random.ts';
import { EBREAK, ECALL, MRET, SRET, setCsr } from './snippets/modes.ts';
import { BACKGROUND_ADDRESS, BACKGROUND_CONFIG } from './snippets/pmp.ts';
import { emitReadAll } from './snippets/registers.ts';
import { type Handlers, randomValue, T0, T1, T2 } from './snippets/snippet.ts';

const VECTORS = 16;
const SKIPS_PER_SNIPPET = 20;

const emitVectors = (asm: Assembler, vectors: Label, handler: Label): void => {
  asm.align(256);
  asm.place(vectors);
  for (let cause = 0; cause < VECTORS; cause++) asm.jal(0, handler);
};

/**
 * A trap from S or U mode skips its instruction and goes on there, so many times; then, and after everything else, the program goes
 * on at the next snippet.
 */
const emitMachineHandler = (asm: Assembler, handlers: Handlers): void => {
  asm.align(4);
  asm.place(handlers.machine);
  const interrupt = new Label('machine_interrupt');
  const giveUp = new Label('machine_give_up');
  const short = new Label('machine_short');
  asm.csr(2, T0, CSR.mcause, 0);
  asm.csr(2, T1, CSR.mepc, 0);
  asm.csr(2, T2, CSR.mtval, 0);
  asm.branch('blt', 4, T0, 0, interrupt);
  // Breakpoints and environment calls end the snippet, and so does what M mode did itself.
  asm.addi(T2, T0, -3);
  asm.branch('beq', 0, T2, 0, giveUp);
  asm.addi(T2, T0, -8);
  asm.immediate('sltiu', OPCODE.opImm, 3, T2, T2, 4);
  asm.branch('bne', 1, T2, 0, giveUp);
  asm.csr(2, T2, CSR.mstatus, 0);
  asm.immediate('srli', OPCODE.opImm, 5, T2, T2, Number(MSTATUS.MPP_SHIFT));
  asm.immediate('andi', OPCODE.opImm, 7, T2, T2, 3);
  asm.addi(T2, T2, -3);
  asm.branch('beq', 0, T2, 0, giveUp);
  // A failed fetch (causes 1 and 12) goes on behind the call, `jalr ra`, that led there.
  asm.addi(T2, T0, -1);
  asm.immediate('andi', OPCODE.opImm, 7, T0, T0, -9);
  asm.addi(T0, T0, -4);
  const fetched = new Label('machine_fetched');
  const failedFetch = new Label('machine_failed_fetch');
  asm.branch('beq', 0, T2, 0, failedFetch);
  asm.branch('bne', 1, T0, 0, fetched);
  asm.place(failedFetch);
  asm.immediate('andi', OPCODE.opImm, 7, T1, 1, -2);
  asm.addi(T1, T1, -4);
  asm.place(fetched);
  // The physical address of the instruction, which tells its length.
  asm.immediate('slli', OPCODE.opImm, 1, T2, T1, 34);
  asm.immediate('srli', OPCODE.opImm, 5, T2, T2, 34);
  asm.lui(T0, CODE_OFFSET >>> 12);
  asm.branch('bltu', 6, T2, T0, giveUp);
  asm.lui(T0, CODE_LIMIT >>> 12);
  asm.branch('bgeu', 7, T2, T0, giveUp);
  asm.addi(T0, 0, 1);
  asm.immediate('slli', OPCODE.opImm, 1, T0, T0, 31);
  asm.op('add', 0, 0, T2, T2, T0);
  asm.load('lhu', 5, T2, T2, 0);
  asm.immediate('andi', OPCODE.opImm, 7, T2, T2, 3);
  asm.addi(T2, T2, -3);
  asm.addi(T1, T1, 2);
  asm.branch('bne', 1, T2, 0, short);
  asm.addi(T1, T1, 2);
  asm.place(short);
  const cell = new Label('skips_left');
  cell.address = RAM_BASE + SKIPS_LEFT_OFFSET;
  asm.address(T2, cell);
  asm.load('ld', 3, T0, T2, 0);
  asm.branch('beq', 0, T0, 0, giveUp);
  asm.addi(T0, T0, -1);
  asm.store('sd', 3, T0, T2, 0);
  asm.csr(1, 0, CSR.mepc, T1);
  asm.system('mret', MRET);
  asm.place(giveUp);
  // Loads and stores of the next snippet are its own affair: no translation left over.
  asm.lui(T0, Number(MSTATUS.MPRV >> 12n));
  asm.csr(3, T1, CSR.mstatus, T0);
  asm.address(T2, cell);
  asm.addi(T0, 0, SKIPS_PER_SNIPPET);
  asm.store('sd', 3, T0, T2, 0);
  asm.csr(2, T0, CSR.mscratch, 0);
  asm.jalr(0, T0, 0);
  asm.place(interrupt);
  asm.csr(1, T1, CSR.mie, 0);
  asm.csr(2, T2, CSR.mip, 0);
  asm.system('mret', MRET);
};

/** Skips environment calls, answers interrupts, and passes everything else on to M mode by the first trap that is not delegated. */
const emitSupervisorHandler = (asm: Assembler, handlers: Handlers): void => {
  asm.align(4);
  asm.place(handlers.supervisor);
  const interrupt = new Label('supervisor_interrupt');
  const skip = new Label('supervisor_skip');
  asm.csr(2, T0, CSR.scause, 0);
  asm.csr(2, T1, CSR.sepc, 0);
  asm.csr(2, T2, CSR.stval, 0);
  asm.branch('blt', 4, T0, 0, interrupt);
  asm.immediate('andi', OPCODE.opImm, 7, T0, T0, -2);
  asm.addi(T0, T0, -8);
  asm.branch('beq', 0, T0, 0, skip);
  asm.system('ecall', ECALL);
  asm.system('ebreak', EBREAK);
  asm.place(skip);
  asm.addi(T1, T1, 4);
  asm.csr(1, 0, CSR.sepc, T1);
  asm.system('sret', SRET);
  asm.place(interrupt);
  asm.csr(1, T1, CSR.sie, 0);
  asm.system('sret', SRET);
};

export const newHandlers = (): Handlers => ({
  machine: new Label('machine_handler'),
  machineVectors: new Label('machine_vectors'),
  supervisor: new Label('supervisor_handler'),
  supervisorVectors: new Label('supervisor_vectors'),
});

export const emitHandlers = (asm: Assembler, handlers: Handlers): void => {
  emitVectors(asm, handlers.machineVectors, handlers.machine);
  emitVectors(asm, handlers.supervisorVectors, handlers.supervisor);
  emitMachineHandler(asm, handlers);
  emitSupervisorHandler(asm, handlers);
};

export const emitPrologue = (asm: Assembler, random: SeededRandom, handlers: Handlers, body: Label): void => {
  asm.address(T0, handlers.machine);
  asm.csr(1, 0, CSR.mtvec, T0);
  setCsr(asm, CSR.pmpaddr0 + 15, BACKGROUND_ADDRESS);
  setCsr(asm, CSR.pmpcfg2, BACKGROUND_CONFIG);
  asm.constant(T0, BigInt(CLINT_MTIMECMP));
  asm.constant(T1, -1n);
  asm.store('sd', 3, T1, T0, 0);
  for (let register = 1; register < 32; register++) asm.constant(register, randomValue(random));
  asm.jal(0, body);
};

/** M mode; everything that can be compared is read once more, then the finisher ends the run. */
export const emitEnd = (asm: Assembler): void => {
  emitReadAll(asm);
  asm.constant(T0, BigInt(FINISHER));
  asm.constant(T1, BigInt(FINISHER_PASS));
  asm.store('sw', 2, T1, T0, 0);
  const forever = new Label('forever');
  asm.place(forever);
  asm.jal(0, forever);
};
