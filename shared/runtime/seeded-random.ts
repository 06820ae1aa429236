// xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021) on 32-bit words, seeded by a hash of
// the seed's text. A fork hashes the parent's seed with the name, so it does not depend on how much was drawn. Used live too,
// where only the seed comes from the machine.

import assert from 'node:assert/strict';
import type { Random } from './ports/random.ts';

type Words = readonly [number, number, number, number];

export class SeededRandom implements Random {
  readonly #seed: Words;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number | string | Words) {
    this.#seed = typeof seed === 'object' ? seed : hash([0, 0, 0, 0], `${typeof seed}:${seed}`);
    [this.#a, this.#b, this.#c, this.#d] = this.#seed;
  }

  float(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }

  below(bound: number): number {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32, `a bound within 1..2^32, not ${bound}`);
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const word = this.#word();
      if (word < limit) return word % bound;
    }
  }

  chance(p: number): boolean {
    // Always draws, so that changing one probability does not shift the numbers behind it.
    return this.float() < p;
  }

  fork(name: string): Random {
    return new SeededRandom(hash(this.#seed, name));
  }

  #word(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

/** Four 32-bit lanes of murmur3's mixing over the UTF-16 units, each lane with another constant. Never all zero. */
function hash(start: Words, text: string): Words {
  const lanes = [start[0] ^ 0x9e3779b9, start[1] ^ 0x243f6a88, start[2] ^ 0xb7e15162, start[3] ^ 0x7ed55d16];
  const absorb = (unit: number): void => {
    for (let lane = 0; lane < 4; lane++) {
      let word = Math.imul(unit + lane, 0xcc9e2d51);
      word = Math.imul(rotateLeft(word, 15), 0x1b873593);
      lanes[lane] = (Math.imul(rotateLeft(lanes[lane]! ^ word, 13), 5) + 0xe6546b64) | 0;
    }
    lanes.push(lanes.shift()! ^ lanes[1]!);
  };
  for (let index = 0; index < text.length; index++) absorb(text.charCodeAt(index));
  absorb(text.length);
  for (let round = 0; round < 4; round++) absorb(0x10000 + round);
  const [a, b, c, d] = lanes.map(finish);
  return [a! | 1, b!, c!, d!];
}

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
