// Generates the interpreter, one WebAssembly module over host memory, from the semantics table. `run(base)` executes the VM whose block
// is at `base` until its REMAINING is 0: a loop around a br_table over predecoded records. What it cannot do itself it asks
// of imported slow paths, which see the VM only through its block.

import { DATA_TLB, FETCH_TLB, PC, RECORD, REMAINING, SCRATCH, TLB_TABLE_BYTES } from '../layout.ts';
import { type Code, callResult, type I32, i32, i64, type Label, ModuleWriter } from '../wasm/mod.ts';
import {
  OPERATION_COUNT,
  OPERATION_CROSSING,
  OPERATION_PAGE_END,
  OPERATION_UNDECODED,
  operationOf,
} from './operations.ts';
import { writePageFunctions } from './page-functions.ts';
import { type Exits, type Frame, pcOf, RECORD_OPERATION, RecordEmitter, type SlowPaths } from './record-emitter.ts';

/** What the module imports from `env`, beside `memory`. All state is in the block of the VM that runs. */
export interface InterpreterImports {
  /** Translates the block's pc for execution: the record to go on with, or 0 when it trapped (and was counted). */
  readonly fetch: () => number;
  /** The same for an instruction that lies in two pages. */
  readonly fetchCrossing: () => number;
  /** Fills the record at RECORD, and perhaps some that follow. */
  readonly decode: () => void;
  /** Host address for an access, or TRAPPED. */
  readonly access: (low: number, high: number, bytes: number, kind: number) => number;
  readonly csr: (operation: number) => number;
  readonly system: (event: number) => void;
}

export interface InterpreterExports {
  readonly run: (base: number) => void;
  readonly hashPage: (page: number, target: number) => void;
  readonly isZeroPage: (page: number) => number;
  readonly copyPage: (target: number, source: number) => void;
}

/** The limit of 32-bit WebAssembly, in pages of 64 KiB. */
const MEMORY_MAXIMUM_PAGES = 65536;
const TEMPORARIES_32 = 6;
const TEMPORARIES_64 = 12;

interface Imports extends Omit<SlowPaths, 'save' | 'access'> {
  readonly fetch: number;
  readonly fetchCrossing: number;
  readonly decode: number;
  readonly accessImport: number;
}

export function generateInterpreter(): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter();
  module.importSharedMemory(MEMORY_MAXIMUM_PAGES);
  const imports: Imports = {
    fetch: module.importFunction('fetch', { parameters: [], results: ['i32'] }),
    fetchCrossing: module.importFunction('fetchCrossing', { parameters: [], results: ['i32'] }),
    decode: module.importFunction('decode', { parameters: [], results: [] }),
    accessImport: module.importFunction('access', { parameters: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] }),
    csr: module.importFunction('csr', { parameters: ['i32'], results: ['i32'] }),
    system: module.importFunction('system', { parameters: ['i32'], results: [] }),
  };
  const save = writeSave(module);
  const access = writeAccess(module, save, imports.accessImport);
  writeRun(module, imports, { save, access, csr: imports.csr, system: imports.system });
  writePageFunctions(module);
  return module.finish();
}

/** save(base, record, remaining, bias): makes the block say where the VM is. */
function writeSave(module: ModuleWriter): number {
  return module.function({ parameters: ['i32', 'i32', 'i32', 'i64'], results: [] }, (code) => {
    const base = code.parameter('i32', 0).get;
    const record = code.parameter('i32', 1);
    const bias = code.parameter('i64', 3);
    i64.store(code, base, pcOf({ bias, record }), PC);
    i32.store(code, base, record.get, RECORD);
    i32.store(code, base, code.parameter('i32', 2).get, REMAINING);
  });
}

/** access(base, record, remaining, bias, address, value, bytes, kind): what a TLB miss calls. */
function writeAccess(module: ModuleWriter, save: number, accessImport: number): number {
  const parameters = ['i32', 'i32', 'i32', 'i64', 'i64', 'i64', 'i32', 'i32'] as const;
  return module.function({ parameters, results: ['i32'] }, (code) => {
    const base = code.parameter('i32', 0).get;
    const address = code.parameter('i64', 4).get;
    code.call(save, base, code.parameter('i32', 1).get, code.parameter('i32', 2).get, code.parameter('i64', 3).get);
    i64.store(code, base, code.parameter('i64', 5).get, SCRATCH);
    code.result(
      callResult(
        'i32',
        accessImport,
        i32.wrap(address),
        i32.wrap(i64.shrU(address, i64.const(32))),
        code.parameter('i32', 6).get,
        code.parameter('i32', 7).get,
      ),
    );
  });
}

function writeRun(module: ModuleWriter, imports: Imports, slow: SlowPaths): void {
  module.function({ parameters: ['i32'], results: [] }, (code) => writeRunBody(code, imports, slow), 'run');
}

function writeRunBody(code: Code, imports: Imports, slow: SlowPaths): void {
  const frame: Frame = {
    base: code.parameter('i32', 0),
    record: code.local('i32'),
    remaining: code.local('i32'),
    bias: code.local('i64'),
    pc: code.local('i64'),
    dataTlb: code.local('i32'),
    temporaries32: Array.from({ length: TEMPORARIES_32 }, () => code.local('i32')),
    temporaries64: Array.from({ length: TEMPORARIES_64 }, () => code.local('i64')),
  };
  const fetchTlb = code.local('i32');
  const { base, remaining, pc, dataTlb } = frame;
  code.loop((reload) => {
    code.set(pc, i64.load(base.get, PC));
    code.set(remaining, i32.load(base.get, REMAINING));
    code.set(dataTlb, i32.load(base.get, DATA_TLB));
    code.set(fetchTlb, i32.load(base.get, FETCH_TLB));
    code.loop((goto) => {
      writeFetch(code, frame, fetchTlb.get, imports, reload);
      code.loop((next) => {
        code.if(
          i32.eqz(remaining.get),
          () => {
            i64.store(code, base.get, pcOf(frame), PC);
            i32.store(code, base.get, remaining.get, REMAINING);
            code.return();
          },
          undefined,
          'unlikely',
        );
        code.set(remaining, i32.sub(remaining.get, i32.const(1)));
        writeHandlers(code, frame, { next, goto, reload }, imports, slow);
      });
    });
  });
}

/** From the local pc to a record: the fetch TLB in line, the slow path otherwise. */
function writeFetch(code: Code, frame: Frame, fetchTlb: I32, imports: Imports, reload: Label): void {
  const { base, record, remaining, bias, pc } = frame;
  const low = i32.wrap(pc.get);
  const entry = frame.temporaries32[0]!;
  code.set(entry, i32.add(i32.and(i32.shrU(low, i32.const(8)), i32.const(TLB_TABLE_BYTES - 16)), fetchTlb));
  code.if(
    i64.eq(i64.load(entry.get), i64.and(pc.get, i64.const(-4096))),
    () => code.set(record, i32.add(i32.load(entry.get, 8), i32.shl(i32.and(low, i32.const(4095)), i32.const(3)))),
    () => {
      i64.store(code, base.get, pc.get, PC);
      i32.store(code, base.get, remaining.get, REMAINING);
      // A fetch may trap, and a trap is an instruction: without budget it has to wait.
      code.if(i32.eqz(remaining.get), () => code.return());
      code.set(record, callResult('i32', imports.fetch));
      code.brIf(reload, i32.eqz(record.get));
    },
    'likely',
  );
  code.set(bias, i64.sub(pc.get, i64.extendU(i32.shrU(record.get, i32.const(3)))));
}

/** Nested blocks, one for each operation: the br_table jumps out of the innermost to right behind the operation's own. */
function writeHandlers(code: Code, frame: Frame, exits: Exits, imports: Imports, slow: SlowPaths): void {
  const labels: Label[] = [];
  const open = (number: number): void => {
    if (number < 0) {
      code.brTable(i32.load16U(frame.record.get, RECORD_OPERATION), labels, labels[OPERATION_UNDECODED]!);
      return;
    }
    code.block((label) => {
      labels[number] = label;
      open(number - 1);
    });
    writeHandler(number, code, frame, exits, imports, slow);
  };
  open(OPERATION_COUNT - 1);
}

function writeHandler(number: number, code: Code, frame: Frame, exits: Exits, imports: Imports, slow: SlowPaths): void {
  const { base, record, remaining, bias, pc } = frame;
  const operation = operationOf(number);
  if (operation !== undefined) {
    new RecordEmitter(code, frame, exits, slow, operation).emit();
    return;
  }
  // No instruction was executed yet.
  code.set(remaining, i32.add(remaining.get, i32.const(1)));
  if (number === OPERATION_PAGE_END) {
    code.set(pc, pcOf(frame));
    code.br(exits.goto);
    return;
  }
  code.call(slow.save, base.get, record.get, remaining.get, bias.get);
  if (number === OPERATION_UNDECODED) {
    code.call(imports.decode);
  } else if (number === OPERATION_CROSSING) {
    code.set(pc, pcOf(frame));
    code.set(record, callResult('i32', imports.fetchCrossing));
    code.brIf(exits.reload, i32.eqz(record.get));
    code.set(bias, i64.sub(pc.get, i64.extendU(i32.shrU(record.get, i32.const(3)))));
  } else {
    throw new Error(`operation ${number} has no handler`);
  }
  code.br(exits.next);
}
