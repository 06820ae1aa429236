// A small WebAssembly assembler: modules, function bodies with structured control, typed integer expressions. It knows
// nothing of RISC-V.

export {
  Code,
  callResult,
  type Hint,
  type I32,
  type I64,
  type Label,
  type Local,
  tee,
  type Value,
  type ValueType,
} from './code.ts';
export { choose, copyMemory, fillMemory, i32, i64, select } from './expression.ts';
export { type FunctionType, ModuleWriter } from './module.ts';
