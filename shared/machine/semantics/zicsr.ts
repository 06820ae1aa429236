// Zicsr (Unprivileged ISA, chapter "Zicsr"). CSRRS and CSRRC with x0, and their immediate forms with 0, only read: that is
// decided by the encoding, so they are entries of their own. What each CSR does is in csr.ts.

import { type I64, i64 } from '../wasm/mod.ts';
import type { CsrOperation, Emitter, Instruction } from './instruction.ts';

const OP_SYSTEM = 0x73;
const FORM_MASK = 0x707f;
const SOURCE_MASK = 0xf8000;

/** The immediate of the I forms: the rs1 field itself. */
const sourceField = (e: Emitter): I64 => i64.and(i64.shrU(e.imm, i64.const(15)), i64.const(31));

function form(name: string, funct3: number, operation: CsrOperation, source: (e: Emitter) => I64): Instruction {
  return {
    name,
    mask: FORM_MASK,
    match: OP_SYSTEM | (funct3 << 12),
    format: 'raw',
    flow: 'straight',
    emit: (e) => e.setRd(e.csr(operation, source(e))),
  };
}

/** More specific than the forms, so they come first in the table. */
function reading(name: string, funct3: number): Instruction {
  return {
    name,
    mask: FORM_MASK | SOURCE_MASK,
    match: OP_SYSTEM | (funct3 << 12),
    format: 'raw',
    flow: 'straight',
    emit: (e) => e.setRd(e.csr('read', i64.const(0))),
  };
}

export const zicsr: readonly Instruction[] = [
  reading('csrrs.read', 2),
  reading('csrrc.read', 3),
  reading('csrrsi.read', 6),
  reading('csrrci.read', 7),
  form('csrrw', 1, 'write', (e) => e.rs1),
  form('csrrs', 2, 'set', (e) => e.rs1),
  form('csrrc', 3, 'clear', (e) => e.rs1),
  form('csrrwi', 5, 'write', sourceField),
  form('csrrsi', 6, 'set', sourceField),
  form('csrrci', 7, 'clear', sourceField),
];
