// A WebAssembly module while it is put together: function types, imports, functions, exports and branch hints, written as
// the sections of the binary format (core specification, section 5.5; metadata.code.branch_hint of the branch hinting proposal).

import { ByteWriter } from './bytes.ts';
import { type BranchHint, Code, TYPE_BYTE, type ValueType } from './code.ts';

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

interface FinishedFunction {
  readonly type: number;
  readonly body: Uint8Array;
  readonly hints: readonly BranchHint[];
}

const SECTION_CUSTOM = 0;
const SECTION_TYPE = 1;
const SECTION_IMPORT = 2;
const SECTION_FUNCTION = 3;
const SECTION_EXPORT = 7;
const SECTION_CODE = 10;
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const KIND_FUNCTION = 0x00;
const KIND_MEMORY = 0x02;
const SHARED_WITH_MAXIMUM = 0x03;

export class ModuleWriter {
  readonly #types: FunctionType[] = [];
  readonly #imports: { readonly name: string; readonly type: number }[] = [];
  readonly #functions: FinishedFunction[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];
  #memoryMaximumPages: number | undefined;

  /** The memory `env.memory`, shared. */
  importSharedMemory(maximumPages: number): void {
    this.#memoryMaximumPages = maximumPages;
  }

  /** A function `env.<name>`. All imports come before the first function, since they are numbered first. */
  importFunction(name: string, type: FunctionType): number {
    if (this.#functions.length > 0) throw new Error('imports come before functions');
    this.#imports.push({ name, type: this.#typeIndex(type) });
    return this.#imports.length - 1;
  }

  /** Writes a function now and answers its index. */
  function(type: FunctionType, write: (code: Code) => void, exportName?: string): number {
    const code = new Code(type.parameters);
    write(code);
    this.#functions.push({ type: this.#typeIndex(type), ...code.finish() });
    const index = this.#imports.length + this.#functions.length - 1;
    if (exportName !== undefined) this.#exports.push({ name: exportName, index });
    return index;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter();
    out.append(Uint8Array.from(HEADER));
    section(out, SECTION_TYPE, (to) => this.#writeTypes(to));
    section(out, SECTION_IMPORT, (to) => this.#writeImports(to));
    section(out, SECTION_FUNCTION, (to) => {
      to.unsigned(this.#functions.length);
      for (const { type } of this.#functions) to.unsigned(type);
    });
    section(out, SECTION_EXPORT, (to) => {
      to.unsigned(this.#exports.length);
      for (const { name, index } of this.#exports) {
        to.name(name);
        to.byte(KIND_FUNCTION);
        to.unsigned(index);
      }
    });
    if (this.#functions.some(({ hints }) => hints.length > 0))
      section(out, SECTION_CUSTOM, (to) => this.#writeHints(to));
    section(out, SECTION_CODE, (to) => {
      to.unsigned(this.#functions.length);
      for (const { body } of this.#functions) {
        to.unsigned(body.length);
        to.append(body);
      }
    });
    return new Uint8Array(out.take());
  }

  #typeIndex(type: FunctionType): number {
    const key = JSON.stringify(type);
    const known = this.#types.findIndex((other) => JSON.stringify(other) === key);
    if (known >= 0) return known;
    this.#types.push(type);
    return this.#types.length - 1;
  }

  #writeTypes(to: ByteWriter): void {
    to.unsigned(this.#types.length);
    for (const { parameters, results } of this.#types) {
      to.byte(0x60);
      for (const list of [parameters, results]) {
        to.unsigned(list.length);
        for (const type of list) to.byte(TYPE_BYTE[type]);
      }
    }
  }

  #writeImports(to: ByteWriter): void {
    to.unsigned(this.#imports.length + (this.#memoryMaximumPages === undefined ? 0 : 1));
    for (const { name, type } of this.#imports) {
      to.name('env');
      to.name(name);
      to.byte(KIND_FUNCTION);
      to.unsigned(type);
    }
    if (this.#memoryMaximumPages !== undefined) {
      to.name('env');
      to.name('memory');
      to.byte(KIND_MEMORY);
      to.byte(SHARED_WITH_MAXIMUM);
      to.unsigned(0);
      to.unsigned(this.#memoryMaximumPages);
    }
  }

  #writeHints(to: ByteWriter): void {
    to.name('metadata.code.branch_hint');
    const hinted = this.#functions
      .map(({ hints }, index) => ({ hints, index: index + this.#imports.length }))
      .filter(({ hints }) => hints.length > 0);
    to.unsigned(hinted.length);
    for (const { hints, index } of hinted) {
      to.unsigned(index);
      to.unsigned(hints.length);
      for (const { offset, likely } of hints) {
        to.unsigned(offset);
        to.unsigned(1);
        to.byte(likely ? 1 : 0);
      }
    }
  }
}

function section(out: ByteWriter, id: number, write: (to: ByteWriter) => void): void {
  const content = new ByteWriter();
  write(content);
  out.byte(id);
  out.unsigned(content.length);
  out.append(content.take());
}
