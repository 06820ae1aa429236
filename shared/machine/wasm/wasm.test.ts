import { expect, test } from 'vitest';
import { ByteWriter } from './bytes.ts';
import { type Code, callResult, choose, i32, i64, ModuleWriter, select, tee } from './mod.ts';

type Write = (code: Code) => void;

/** A module with one exported function of two i64 parameters and an i64 result. */
function compile(write: Write): (a: bigint, b: bigint) => bigint {
  const module = new ModuleWriter();
  module.function({ parameters: ['i64', 'i64'], results: ['i64'] }, write, 'f');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()));
  return instance.exports['f'] as (a: bigint, b: bigint) => bigint;
}

test('LEB128 is written as the specification gives it, at the edges of its bytes', () => {
  const encode = (write: (writer: ByteWriter) => void): number[] => {
    const writer = new ByteWriter();
    write(writer);
    return [...writer.take()];
  };
  expect(encode((w) => w.unsigned(127))).toEqual([0x7f]);
  expect(encode((w) => w.unsigned(128))).toEqual([0x80, 0x01]);
  expect(encode((w) => w.unsigned(624485))).toEqual([0xe5, 0x8e, 0x26]);
  expect(encode((w) => w.unsigned(0xffff_ffff))).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  expect(encode((w) => w.signed(63))).toEqual([0x3f]);
  expect(encode((w) => w.signed(64))).toEqual([0xc0, 0x00]);
  expect(encode((w) => w.signed(-64))).toEqual([0x40]);
  expect(encode((w) => w.signed(-123456))).toEqual([0xc0, 0xbb, 0x78]);
  expect(encode((w) => w.signed64(-(1n << 63n)))).toEqual([128, 128, 128, 128, 128, 128, 128, 128, 128, 0x7f]);
});

test('a writer keeps what it had when it grows', () => {
  const writer = new ByteWriter();
  for (let value = 0; value < 5000; value++) writer.byte(value & 0xff);
  expect(writer.take().every((byte, index) => byte === (index & 0xff))).toBe(true);
});

test('labels find their blocks from any depth, also from inside an expression', () => {
  const f = compile((code) => {
    const a = code.parameter('i64', 0);
    const b = code.parameter('i64', 1);
    const sum = code.local('i64');
    code.block((done) => {
      code.loop((again) => {
        code.brIf(done, i64.eqz(a.get));
        code.if(i64.eqz(i64.and(a.get, i64.const(1))), () => code.set(sum, i64.add(sum.get, b.get)));
        code.set(a, i64.sub(a.get, i64.const(1)));
        code.br(again);
      });
    });
    code.result(choose(i64.eqz(sum.get), i64.const(-1), sum.get));
  });
  expect(f(10n, 7n)).toBe(35n);
  expect(f(1n, 7n)).toBe(-1n);
});

test('a branch table goes to its labels, and elsewhere for other values', () => {
  const f = compile((code) => {
    code.block((otherwise) => {
      code.block((one) => {
        code.block((zero) => {
          code.brTable(i32.wrap(code.parameter('i64', 0).get), [zero, one], otherwise);
        });
        code.return(i64.const(100));
      });
      code.return(i64.const(200));
    });
    code.result(i64.const(300));
  });
  expect([0n, 1n, 2n, 99n].map((value) => f(value, 0n))).toEqual([100n, 200n, 300n, 300n]);
});

test('locals of mixed types, tee and select keep their values apart', () => {
  const f = compile((code) => {
    const first = code.local('i64');
    const second = code.local('i32');
    const third = code.local('i64');
    code.set(first, code.parameter('i64', 0).get);
    code.set(second, i32.wrap(code.parameter('i64', 1).get));
    const doubled = tee(third, i64.mul(first.get, i64.const(2)));
    code.result(select(i32.eqz(second.get), i64.add(doubled, third.get), i64.extendU(second.get)));
  });
  expect(f(5n, 0n)).toBe(20n);
  expect(f(5n, 0xffff_ffffn)).toBe(0xffff_ffffn);
});

test('functions call each other by the index they were given', () => {
  const module = new ModuleWriter();
  const double = module.function({ parameters: ['i64'], results: ['i64'] }, (code) =>
    code.result(i64.add(code.parameter('i64', 0).get, code.parameter('i64', 0).get)),
  );
  module.function(
    { parameters: ['i64'], results: ['i64'] },
    (code) => code.result(callResult('i64', double, callResult('i64', double, code.parameter('i64', 0).get))),
    'f',
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()));
  expect((exports['f'] as (a: bigint) => bigint)(3n)).toBe(12n);
});

test('a hinted branch is found at its offset in the branch hint section', () => {
  const module = new ModuleWriter();
  module.function({ parameters: ['i32'], results: ['i32'] }, (code) => {
    code.local('i64');
    code.if(code.parameter('i32', 0).get, () => code.return(i32.const(1)), undefined, 'unlikely');
    code.result(i32.const(2));
  });
  const bytes = module.finish();
  // The types of Node know no customSections.
  const { customSections } = WebAssembly.Module as unknown as {
    customSections(module: WebAssembly.Module, name: string): ArrayBuffer[];
  };
  const [hints] = customSections(new WebAssembly.Module(bytes), 'metadata.code.branch_hint');
  // One function, index 0, one hint, at offset 5 (3 bytes declare the local, 2 get the parameter), one byte: unlikely.
  expect([...new Uint8Array(hints!)]).toEqual([1, 0, 1, 5, 1, 0]);
});
