// What the VMM asks about frames, as WebAssembly in the interpreter's module: XXH64 with seed 0 over 4096 bytes (the xxHash fast
// digest algorithm specification, "XXH64"; no tail, since a frame is a multiple of its 32-byte stripes), a test for zero, a copy.

import { PAGE_BYTES } from '../guest-pages.ts';
import {
  type Code,
  copyMemory,
  type I32,
  type I64,
  i32,
  i64,
  type Local,
  type ModuleWriter,
  tee,
} from '../wasm/mod.ts';

const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const STRIPE_BYTES = 32;
const LANES = [0, 8, 16, 24] as const;
const LANE_SEEDS = [PRIME_1 + PRIME_2, PRIME_2, 0n, -PRIME_1] as const;
const LANE_ROTATIONS = [1, 7, 12, 18] as const;

const prime1 = i64.const(PRIME_1);
const prime2 = i64.const(PRIME_2);

const round = (accumulator: I64, input: I64): I64 =>
  i64.mul(i64.rotl(i64.add(accumulator, i64.mul(input, prime2)), i64.const(31)), prime1);

export function writePageFunctions(module: ModuleWriter): void {
  module.function({ parameters: ['i32', 'i32'], results: [] }, writeHash, 'hashPage');
  module.function({ parameters: ['i32'], results: ['i32'] }, writeIsZero, 'isZeroPage');
  module.function(
    { parameters: ['i32', 'i32'], results: [] },
    (code) => copyMemory(code, code.parameter('i32', 0).get, code.parameter('i32', 1).get, i32.const(PAGE_BYTES)),
    'copyPage',
  );
}

/** Runs `body` for each stripe of the page; `at` is the stripe's address. */
function forEachStripe(code: Code, page: Local<'i32'>, body: (at: I32) => void): void {
  const at = code.local('i32');
  const rest = code.local('i32');
  code.set(at, page.get);
  code.set(rest, i32.const(PAGE_BYTES / STRIPE_BYTES));
  code.loop((again) => {
    body(at.get);
    code.set(at, i32.add(at.get, i32.const(STRIPE_BYTES)));
    code.brIf(again, tee(rest, i32.sub(rest.get, i32.const(1))));
  });
}

/** hashPage(page, target): 8 bytes at the target. */
function writeHash(code: Code): void {
  const target = code.parameter('i32', 1);
  const lanes = LANES.map(() => code.local('i64'));
  const hash = code.local('i64');
  lanes.forEach((lane, index) => {
    code.set(lane, i64.const(LANE_SEEDS[index]!));
  });
  forEachStripe(code, code.parameter('i32', 0), (at) => {
    lanes.forEach((lane, index) => {
      code.set(lane, round(lane.get, i64.load(at, LANES[index]!)));
    });
  });
  const rotated = lanes.map((lane, index) => i64.rotl(lane.get, i64.const(LANE_ROTATIONS[index]!)));
  code.set(hash, rotated.reduce(i64.add));
  for (const lane of lanes) {
    const merged = i64.xor(hash.get, round(i64.const(0), lane.get));
    code.set(hash, i64.add(i64.mul(merged, prime1), i64.const(PRIME_4)));
  }
  code.set(hash, i64.add(hash.get, i64.const(PAGE_BYTES)));
  code.set(hash, i64.mul(i64.xor(hash.get, i64.shrU(hash.get, i64.const(33))), prime2));
  code.set(hash, i64.mul(i64.xor(hash.get, i64.shrU(hash.get, i64.const(29))), i64.const(PRIME_3)));
  i64.store(code, target.get, i64.xor(hash.get, i64.shrU(hash.get, i64.const(32))));
}

/** isZeroPage(page): 1 when every byte is 0. */
function writeIsZero(code: Code): void {
  forEachStripe(code, code.parameter('i32', 0), (at) => {
    const any = LANES.map((lane) => i64.load(at, lane)).reduce(i64.or);
    code.if(i64.ne(any, i64.const(0)), () => code.return(i32.const(0)));
  });
  code.result(i32.const(1));
}
