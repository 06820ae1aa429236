// The body of one WebAssembly function while it is written: statements, structured control with labels that know their own
// depth, locals, and branch hints (the metadata.code.branch_hint section, which keeps slow-path calls from spilling registers
// on the hot path). Expressions are in expression.ts; they write themselves into a Code.

import { ByteWriter } from './bytes.ts';

export type ValueType = 'i32' | 'i64';

export const TYPE_BYTE: { readonly [T in ValueType]: number } = { i32: 0x7f, i64: 0x7e };

/** An expression of a known type. It writes its instructions when it is used, once for each use. */
export interface Value<T extends ValueType> {
  readonly type: T;
  readonly write: (code: Code) => void;
}
export type I32 = Value<'i32'>;
export type I64 = Value<'i64'>;

export interface Local<T extends ValueType> {
  readonly type: T;
  readonly index: number;
  readonly get: Value<T>;
}

export interface Label {
  readonly depth: number;
}

/** What the author knows about a condition. */
export type Hint = 'likely' | 'unlikely';

export interface BranchHint {
  /** From the start of the function's body, its declaration of locals included. */
  readonly offset: number;
  readonly likely: boolean;
}

const OP_BLOCK = 0x02;
const OP_LOOP = 0x03;
const OP_IF = 0x04;
const OP_ELSE = 0x05;
const OP_END = 0x0b;
const OP_BR = 0x0c;
const OP_BR_IF = 0x0d;
const OP_BR_TABLE = 0x0e;
const OP_RETURN = 0x0f;
const OP_CALL = 0x10;
const OP_DROP = 0x1a;
const OP_LOCAL_GET = 0x20;
const OP_LOCAL_SET = 0x21;
const OP_LOCAL_TEE = 0x22;
const OP_UNREACHABLE = 0x00;
const NO_RESULT = 0x40;

export class Code {
  readonly out = new ByteWriter();
  readonly #parameters: readonly ValueType[];
  readonly #locals: ValueType[] = [];
  readonly #hints: BranchHint[] = [];
  #depth = 0;

  constructor(parameters: readonly ValueType[]) {
    this.#parameters = parameters;
  }

  parameter<T extends ValueType>(type: T, index: number): Local<T> {
    if (this.#parameters[index] !== type) throw new Error(`parameter ${index} is not of type ${type}`);
    return local(type, index);
  }

  local<T extends ValueType>(type: T): Local<T> {
    this.#locals.push(type);
    return local(type, this.#parameters.length + this.#locals.length - 1);
  }

  set<T extends ValueType>(target: Local<T>, value: Value<T>): void {
    value.write(this);
    this.out.byte(OP_LOCAL_SET);
    this.out.unsigned(target.index);
  }

  block(body: (label: Label) => void): void {
    this.#nest(OP_BLOCK, body);
  }

  /** A branch to the label starts the body again. */
  loop(body: (label: Label) => void): void {
    this.#nest(OP_LOOP, body);
  }

  if(condition: I32, then: () => void, otherwise?: () => void, hint?: Hint): void {
    condition.write(this);
    this.#hint(hint);
    this.openIf(NO_RESULT);
    then();
    if (otherwise !== undefined) {
      this.elseBranch();
      otherwise();
    }
    this.closeIf();
  }

  br(label: Label): void {
    this.out.byte(OP_BR);
    this.out.unsigned(this.#depth - label.depth);
  }

  brIf(label: Label, condition: I32, hint?: Hint): void {
    condition.write(this);
    this.#hint(hint);
    this.out.byte(OP_BR_IF);
    this.out.unsigned(this.#depth - label.depth);
  }

  brTable(index: I32, labels: readonly Label[], otherwise: Label): void {
    index.write(this);
    this.out.byte(OP_BR_TABLE);
    this.out.unsigned(labels.length);
    for (const label of labels) this.out.unsigned(this.#depth - label.depth);
    this.out.unsigned(this.#depth - otherwise.depth);
  }

  return(value?: Value<ValueType>): void {
    value?.write(this);
    this.out.byte(OP_RETURN);
  }

  /** Leaves the value as the function's result; only at the end of a body. */
  result(value: Value<ValueType>): void {
    value.write(this);
  }

  call(functionIndex: number, ...parameters: Value<ValueType>[]): void {
    for (const parameter of parameters) parameter.write(this);
    this.out.byte(OP_CALL);
    this.out.unsigned(functionIndex);
  }

  drop(value: Value<ValueType>): void {
    value.write(this);
    this.out.byte(OP_DROP);
  }

  unreachable(): void {
    this.out.byte(OP_UNREACHABLE);
  }

  /** For expressions with a result: writes `if`, and keeps the depth of labels right. */
  openIf(blockType: number): void {
    this.out.byte(OP_IF);
    this.out.byte(blockType);
    this.#depth++;
  }

  elseBranch(): void {
    this.out.byte(OP_ELSE);
  }

  closeIf(): void {
    this.out.byte(OP_END);
    this.#depth--;
  }

  /** The finished body as the code section wants it, without its size. */
  finish(): { readonly body: Uint8Array; readonly hints: readonly BranchHint[] } {
    if (this.#depth !== 0) throw new Error('a block is still open');
    const body = new ByteWriter();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    body.unsigned(runs.length);
    for (const { type, count } of runs) {
      body.unsigned(count);
      body.byte(TYPE_BYTE[type]);
    }
    const start = body.length;
    body.append(this.out.take());
    body.byte(OP_END);
    return { body: body.take(), hints: this.#hints.map((hint) => ({ ...hint, offset: hint.offset + start })) };
  }

  #hint(hint: Hint | undefined): void {
    if (hint !== undefined) this.#hints.push({ offset: this.out.length, likely: hint === 'likely' });
  }

  #nest(opcode: number, body: (label: Label) => void): void {
    this.out.byte(opcode);
    this.out.byte(NO_RESULT);
    this.#depth++;
    body({ depth: this.#depth });
    this.out.byte(OP_END);
    this.#depth--;
  }
}

function local<T extends ValueType>(type: T, index: number): Local<T> {
  const get: Value<T> = {
    type,
    write: (code) => {
      code.out.byte(OP_LOCAL_GET);
      code.out.unsigned(index);
    },
  };
  return { type, index, get };
}

/** Sets a local and is its new value. */
export function tee<T extends ValueType>(target: Local<T>, value: Value<T>): Value<T> {
  return {
    type: target.type,
    write: (code) => {
      value.write(code);
      code.out.byte(OP_LOCAL_TEE);
      code.out.unsigned(target.index);
    },
  };
}

/** The result of a function. */
export function callResult<T extends ValueType>(
  type: T,
  functionIndex: number,
  ...parameters: Value<ValueType>[]
): Value<T> {
  return { type, write: (code) => code.call(functionIndex, ...parameters) };
}
