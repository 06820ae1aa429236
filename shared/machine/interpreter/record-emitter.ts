// The semantics' abstract operands as fields of a decoded record: what turns the table into an interpreter. A record is 16
// bytes: operation (u16), rd, rs1, rs2 (u16 each, byte offsets of registers in the block), imm (i64). Loads and stores look
// into the TLB in line and leave for JavaScript on a miss.

import { DATA_TLB_CONTEXT_BYTES, REMAINING, SCRATCH, TLB_TABLE_BYTES } from '../layout.ts';
import type { AccessBytes, CsrOperation, Emitter, SystemEvent } from '../semantics/instruction.ts';
import {
  type Code,
  callResult,
  type I32,
  type I64,
  i32,
  i64,
  type Label,
  type Local,
  type Value,
  type ValueType,
} from '../wasm/mod.ts';
import type { Operation } from './operations.ts';

export const RECORD_OPERATION = 0;
export const RECORD_RD = 2;
export const RECORD_RS1 = 4;
export const RECORD_RS2 = 6;
export const RECORD_IMM = 8;

/** Ways to reach memory that a miss tells apart. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_RESERVE = 2;
export const ACCESS_MODIFY = 3;
/** What a miss answers instead of a host address when the access trapped. */
export const TRAPPED = -1;

export const SYSTEM_EVENTS: readonly SystemEvent[] = [
  'illegal',
  'ecall',
  'ebreak',
  'mret',
  'sret',
  'wfi',
  'sfence.vma',
];
export const CSR_OPERATIONS: readonly CsrOperation[] = ['read', 'write', 'set', 'clear'];
/** What a CSR instruction's slow path answers: go on, it trapped, or it is done but translation or privilege may have changed. */
export const CSR_DONE = 0;
export const CSR_TRAPPED = 1;
export const CSR_REFETCH = 2;

/** The bits of a virtual address that index a TLB, already scaled to the entry's size. */
const TLB_INDEX_MASK = TLB_TABLE_BYTES - 16;
const TLB_INDEX_SHIFT = 8;
const TLB_ADDEND = 8;
const WRITE_TABLE = TLB_TABLE_BYTES;
if (DATA_TLB_CONTEXT_BYTES !== 2 * TLB_TABLE_BYTES) throw new Error('the write table follows the read table');

/** What the run function keeps in locals, and where it jumps. */
export interface Frame {
  readonly base: Local<'i32'>;
  readonly record: Local<'i32'>;
  readonly remaining: Local<'i32'>;
  /** pc = bias + record / 8. */
  readonly bias: Local<'i64'>;
  readonly pc: Local<'i64'>;
  readonly dataTlb: Local<'i32'>;
  readonly temporaries32: readonly Local<'i32'>[];
  readonly temporaries64: readonly Local<'i64'>[];
}

export interface Exits {
  /** The next record. */
  readonly next: Label;
  /** Fetch at the local pc. */
  readonly goto: Label;
  /** Take everything from the block again, then fetch. */
  readonly reload: Label;
}

export interface SlowPaths {
  readonly save: number;
  readonly access: number;
  readonly csr: number;
  readonly system: number;
}

export class RecordEmitter implements Emitter {
  readonly code: Code;
  readonly #frame: Frame;
  readonly #exits: Exits;
  readonly #slow: SlowPaths;
  readonly #operation: Operation;
  #used32 = 0;
  #used64 = 0;

  constructor(code: Code, frame: Frame, exits: Exits, slow: SlowPaths, operation: Operation) {
    this.code = code;
    this.#frame = frame;
    this.#exits = exits;
    this.#slow = slow;
    this.#operation = operation;
  }

  /** The whole handler: the instruction, then the next record. */
  emit(): void {
    this.#operation.instruction.emit(this);
    this.#advance();
  }

  get rs1(): I64 {
    return this.#register(RECORD_RS1);
  }

  get rs2(): I64 {
    return this.#register(RECORD_RS2);
  }

  get imm(): I64 {
    return i64.load(this.#frame.record.get, RECORD_IMM);
  }

  get pc(): I64 {
    return pcOf(this.#frame);
  }

  get nextPc(): I64 {
    return i64.add(this.pc, i64.const(this.#operation.lengthBytes));
  }

  let<T extends ValueType>(value: Value<T>): Value<T> {
    const local = this.#temporary(value.type);
    this.code.set(local, value);
    return local.get;
  }

  setRd(value: I64): void {
    const { base, record } = this.#frame;
    i64.store(this.code, i32.add(base.get, i32.load16U(record.get, RECORD_RD)), value);
  }

  readAt(bytes: AccessBytes, address: I64): I32 {
    return this.#at(bytes, address, 0, ACCESS_READ);
  }

  writeAt(bytes: AccessBytes, address: I64, value: I64): I32 {
    return this.#at(bytes, address, WRITE_TABLE, ACCESS_WRITE, value);
  }

  reserveAt(bytes: AccessBytes, address: I64): I32 {
    return this.#at(bytes, address, 0, ACCESS_RESERVE);
  }

  modifyAt(bytes: AccessBytes, address: I64): I32 {
    return this.#at(bytes, address, WRITE_TABLE, ACCESS_MODIFY);
  }

  state(offset: number): I64 {
    return i64.load(this.#frame.base.get, offset);
  }

  setState(offset: number, value: I64): void {
    i64.store(this.code, this.#frame.base.get, value, offset);
  }

  branchIf(condition: I32): void {
    this.code.if(condition, () => this.jump());
  }

  jump(): void {
    const { record, pc } = this.#frame;
    if (this.#operation.near) {
      // The decoder scaled imm from bytes to records.
      this.code.set(record, i32.add(record.get, i32.load(record.get, RECORD_IMM)));
      this.code.br(this.#exits.next);
    } else {
      this.code.set(pc, i64.add(this.pc, this.imm));
      this.code.br(this.#exits.goto);
    }
  }

  jumpTo(target: I64): void {
    this.code.set(this.#frame.pc, target);
    this.code.br(this.#exits.goto);
  }

  csr(operation: CsrOperation, operand: I64): I64 {
    const { base, remaining } = this.#frame;
    i64.store(this.code, base.get, operand, SCRATCH);
    this.#save();
    const status = this.#temporary('i32');
    this.code.set(status, callResult('i32', this.#slow.csr, i32.const(CSR_OPERATIONS.indexOf(operation))));
    this.code.brIf(this.#exits.reload, i32.eq(status.get, i32.const(CSR_TRAPPED)));
    this.code.set(remaining, i32.load(base.get, REMAINING));
    this.code.if(i32.eq(status.get, i32.const(CSR_REFETCH)), () => {
      // The slow path has moved the block's pc on and left the old value for rd.
      this.setRd(i64.load(base.get, SCRATCH));
      this.code.br(this.#exits.reload);
    });
    return i64.load(base.get, SCRATCH);
  }

  system(event: SystemEvent): void {
    this.#save();
    this.code.call(this.#slow.system, i32.const(SYSTEM_EVENTS.indexOf(event)));
    this.code.br(this.#exits.reload);
  }

  #at(bytes: AccessBytes, address: I64, table: number, kind: number, value: I64 = i64.const(0)): I32 {
    const { base, record, remaining, bias, dataTlb } = this.#frame;
    const virtual = this.let(address);
    const low = i32.wrap(virtual);
    const entry = this.let(
      i32.add(i32.and(i32.shrU(low, i32.const(TLB_INDEX_SHIFT)), i32.const(TLB_INDEX_MASK)), dataTlb.get),
    );
    const host = this.#temporary('i32');
    // Page, alignment and presence in one comparison.
    const hit = i64.eq(i64.load(entry, table), i64.and(virtual, i64.const(-4096n | BigInt(bytes - 1))));
    this.code.if(
      hit,
      () => this.code.set(host, i32.add(low, i32.load(entry, table + TLB_ADDEND))),
      () => {
        const miss = callResult(
          'i32',
          this.#slow.access,
          base.get,
          record.get,
          remaining.get,
          bias.get,
          virtual,
          value,
          i32.const(bytes),
          i32.const(kind),
        );
        this.code.set(host, miss);
        this.code.brIf(this.#exits.reload, i32.eq(host.get, i32.const(TRAPPED)));
        this.code.set(remaining, i32.load(base.get, REMAINING));
      },
      'likely',
    );
    return host.get;
  }

  #register(field: number): I64 {
    const { base, record } = this.#frame;
    return i64.load(i32.add(base.get, i32.load16U(record.get, field)));
  }

  #advance(): void {
    const { record } = this.#frame;
    this.code.set(record, i32.add(record.get, i32.const(this.#operation.lengthBytes * 8)));
    this.code.br(this.#exits.next);
  }

  #save(): void {
    const { base, record, remaining, bias } = this.#frame;
    this.code.call(this.#slow.save, base.get, record.get, remaining.get, bias.get);
  }

  #temporary<T extends ValueType>(type: T): Local<T> {
    const { temporaries32, temporaries64 } = this.#frame;
    const local = type === 'i32' ? temporaries32[this.#used32++] : temporaries64[this.#used64++];
    if (local === undefined) throw new Error(`${this.#operation.instruction.name} needs more ${type} temporaries`);
    return local as Local<T>;
  }
}

export function pcOf(frame: Pick<Frame, 'bias' | 'record'>): I64 {
  return i64.add(frame.bias.get, i64.extendU(i32.shrU(frame.record.get, i32.const(3))));
}
