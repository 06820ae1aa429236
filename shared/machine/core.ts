// The interpreter on one thread, over one host's memory: the instance of the generated module, whose slow paths go to whichever
// VM is running. The compiled module is posted to workers; a core is not.

import { assert } from './assert.ts';
import { HostViews } from './host-views.ts';
import { generateInterpreter, type InterpreterExports, type InterpreterImports } from './interpreter/generate.ts';

let compiled: WebAssembly.Module | undefined;

/** Generates and compiles the interpreter, once in each thread that asks. */
export function compileInterpreter(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(generateInterpreter());
  return compiled;
}

export class Core {
  readonly host: HostViews;
  readonly #exports: InterpreterExports;
  #running: InterpreterImports | undefined;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    this.host = new HostViews(memory);
    const running = (): InterpreterImports => {
      assert(this.#running !== undefined, 'generated code calls out only while a VM runs');
      return this.#running;
    };
    const imports: InterpreterImports = {
      fetch: () => running().fetch(),
      fetchCrossing: () => running().fetchCrossing(),
      decode: () => running().decode(),
      access: (low, high, bytes, kind) => running().access(low, high, bytes, kind),
      csr: (operation) => running().csr(operation),
      system: (event) => running().system(event),
    };
    const instance = new WebAssembly.Instance(module, { env: { memory, ...imports } });
    // What the module exports is what generate.ts declares.
    this.#exports = instance.exports as unknown as InterpreterExports;
  }

  /** Executes the VM whose block is at `base`, with its slow paths, until its budget is 0. */
  run(base: number, slowPaths: InterpreterImports): void {
    this.#running = slowPaths;
    try {
      this.#exports.run(base);
    } finally {
      this.#running = undefined;
    }
  }

  /** XXH64, seed 0, of the frame at an absolute offset; its 8 bytes, little endian, are written at `target`. */
  hashPage(page: number, target: number): void {
    this.#exports.hashPage(page, target);
  }

  isZeroPage(page: number): boolean {
    return this.#exports.isZeroPage(page) === 1;
  }

  copyPage(target: number, source: number): void {
    this.#exports.copyPage(target, source);
  }
}
