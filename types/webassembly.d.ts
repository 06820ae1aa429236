// The part of the WebAssembly JavaScript interface (W3C, "WebAssembly JavaScript Interface") that we use. Node has it, but its types
// come only with those of the browser, whose globals (name, event, …) would hide mistakes.

declare namespace WebAssembly {
  interface MemoryDescriptor {
    initial: number;
    maximum?: number;
    shared?: boolean;
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBufferLike;
    grow(delta: number): number;
  }

  interface TableDescriptor {
    element: 'anyfunc';
    initial: number;
    maximum?: number;
  }

  class Table {
    constructor(descriptor: TableDescriptor);
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(delta: number): number;
  }

  type ValueType = 'i32' | 'i64' | 'f32' | 'f64';

  class Global {
    constructor(descriptor: { value: ValueType; mutable?: boolean }, value?: number | bigint);
    value: number | bigint;
  }

  class Module {
    constructor(bytes: Uint8Array<ArrayBufferLike> | ArrayBuffer);
  }

  // biome-ignore lint/complexity/noBannedTypes: an imported function may have any signature.
  type ImportValue = Function | Memory | Table | Global | number;
  type Imports = Record<string, Record<string, ImportValue>>;

  class Instance {
    constructor(module: Module, imports?: Imports);
    // biome-ignore lint/complexity/noBannedTypes: an exported function may have any signature.
    readonly exports: Record<string, Function | Memory | Table | Global>;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function validate(bytes: Uint8Array): boolean;
}
