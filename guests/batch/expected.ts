// What the batch guest must answer, computed another way: the platform's sort and SHA-256, products by rows instead of columns,
// FNV-1a on 32-bit halves. So a fault in the C program, its compiler or the machine cannot hide in a copy of itself here.

import { createHash } from 'node:crypto';

export const BATCH_DEFAULTS = { rounds: 8, sizeKib: 1024 } as const;

const SIDE = 32;
const ELEMENTS = SIDE * SIDE;

/** The 16 hexadecimal digits that `checksum=` shows after `rounds` rounds over `sizeKib` KiB (a multiple of 4). */
export function expectedBatchChecksum(rounds: number, sizeKib: number): string {
  return expectedBatchChecksums(rounds, sizeKib).at(-1)!;
}

/** The running checksum after each round. */
export function expectedBatchChecksums(rounds: number, sizeKib: number): readonly string[] {
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new RangeError(`rounds must be 1 or more, not ${rounds}`);
  if (!Number.isSafeInteger(sizeKib) || sizeKib < 4 || sizeKib % 4 !== 0) {
    throw new RangeError(`sizeKib must be a multiple of 4 from 4 up, not ${sizeKib}`);
  }
  const words = new Uint32Array(sizeKib * 256);
  const bytes = new Uint8Array(words.buffer);
  const hash = new Fnv1a();
  const checksums: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    fill(words, ((hash.low ^ hash.high ^ round) | 1) >>> 0);
    words.sort();
    const digest = createHash('sha256').update(bytes).digest();
    multiplyChain(words, digest);
    hash.add(digest);
    hash.add(bytes);
    checksums.push(hash.hex());
  }
  return checksums;
}

function fill(words: Uint32Array, seed: number): void {
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
}

function multiplyChain(words: Uint32Array, digest: Uint8Array): void {
  const product = new Uint32Array(ELEMENTS);
  const next = new Uint32Array(ELEMENTS);
  for (let i = 0; i < ELEMENTS; i++) product[i] = Math.imul(digest[i % digest.length]!, 0x01000193) + i;
  for (let at = 0; at < words.length; at += ELEMENTS) {
    next.fill(0);
    for (let row = 0; row < SIDE; row++) {
      for (let i = 0; i < SIDE; i++) {
        const factor = product[row * SIDE + i]! + (row === i ? 1 : 0);
        for (let column = 0; column < SIDE; column++) {
          const index = row * SIDE + column;
          next[index] = next[index]! + Math.imul(factor, words[at + i * SIDE + column]!);
        }
      }
    }
    product.set(next);
    words.set(next, at);
  }
}

/** FNV-1a with 64 bits: the prime is 2^40 + 0x1b3, so a product is a small one plus a shift by 40. */
class Fnv1a {
  low = 0x84222325;
  high = 0xcbf29ce4;

  add(bytes: Uint8Array): void {
    let low = this.low;
    let high = this.high;
    for (let i = 0; i < bytes.length; i++) {
      low = (low ^ bytes[i]!) >>> 0;
      const small = low * 0x1b3;
      high = (Math.imul(high, 0x1b3) + Math.floor(small / 0x1_0000_0000) + (low << 8)) >>> 0;
      low = small >>> 0;
    }
    this.low = low;
    this.high = high;
  }

  hex(): string {
    return this.high.toString(16).padStart(8, '0') + this.low.toString(16).padStart(8, '0');
  }
}
