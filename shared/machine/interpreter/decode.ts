// Turns instruction words into the interpreter's 16-byte records: operation number, registers as byte offsets in the block,
// immediate. The table says which instruction a word is and where its operands are.

import type { HostViews } from '../host-views.ts';
import { RECORDS_PER_PAGE, X, X_SINK } from '../layout.ts';
import { expand } from '../semantics/c.ts';
import type { Flow, Format } from '../semantics/instruction.ts';
import { instructionOf } from '../semantics/table.ts';
import { operationNumber } from './operations.ts';

const PAGE_OFFSETS = RECORDS_PER_PAGE * 2;
/** A displacement in bytes is this much in the record pointer: 16 bytes of record for 2 of code. */
const RECORD_SCALE = 8;

export const instructionLength = (halfword: number): 2 | 4 => ((halfword & 3) === 3 ? 4 : 2);

/**
 * Decodes one instruction (`word` holds its 16 or 32 bits) into the record at absolute offset `record`. `offset` is its place in the page of
 * code that the records mirror; -1 for a stray one, whose jumps are all far. Answers how control goes on.
 */
export function writeRecord(host: HostViews, record: number, word: number, offset: number): Flow {
  const lengthBytes = instructionLength(word);
  const full = lengthBytes === 2 ? expand(word & 0xffff) : word;
  const instruction = instructionOf(full);
  const { flow } = instruction;
  // An illegal instruction's own bits, not what they might have expanded to, are what mtval shows.
  const raw = lengthBytes === 2 ? word & 0xffff : word;
  let low = instruction.format === 'raw' ? raw : immediate(instruction.format, full);
  let high = instruction.format === 'raw' ? 0 : low >> 31;
  let near = false;
  if ((flow === 'branch' || flow === 'jump') && offset >= 0) {
    const target = offset + low;
    near = target >= 0 && target < PAGE_OFFSETS;
    if (near) {
      low *= RECORD_SCALE;
      high = low >> 31;
    }
  }
  const rd = (full >>> 7) & 31;
  const index16 = record >>> 1;
  host.u16[index16 + 1] = rd === 0 ? X_SINK : X + rd * 8;
  host.u16[index16 + 2] = X + ((full >>> 15) & 31) * 8;
  host.u16[index16 + 3] = X + ((full >>> 20) & 31) * 8;
  host.i32[(record >>> 2) + 2] = low;
  host.i32[(record >>> 2) + 3] = high;
  host.u16[index16] = operationNumber(instruction, lengthBytes, near);
  return flow;
}

function immediate(format: Format, word: number): number {
  switch (format) {
    case 'I':
      return word >> 20;
    case 'S':
      return ((word >> 25) << 5) | ((word >>> 7) & 31);
    case 'B':
      return ((word >> 31) << 12) | ((word << 4) & 0x800) | ((word >>> 20) & 0x7e0) | ((word >>> 7) & 0x1e);
    case 'U':
      return word & ~0xfff;
    case 'J':
      return ((word >> 31) << 20) | (word & 0xff000) | ((word >>> 9) & 0x800) | ((word >>> 20) & 0x7fe);
    case 'shift':
      return (word >>> 20) & 63;
    case 'R':
    case 'raw':
      return 0;
  }
}
