import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import xxhash from 'xxhash-wasm';
import { PAGE_BYTES } from './guest-pages.ts';
import { TestHost } from './testing/test-host.ts';

const host = new TestHost();
const { bytes, u64 } = host.core.host;
const page = host.newFrame();
const other = host.newFrame();
let reference: (content: Uint8Array) => bigint;

beforeAll(async () => {
  const { h64Raw } = await xxhash();
  reference = (content) => h64Raw(content);
});

function hash(): bigint {
  host.core.hashPage(page, other);
  return u64[other >>> 3]!;
}

test('the hash of a page is XXH64 with seed 0', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: PAGE_BYTES, maxLength: PAGE_BYTES }), (content) => {
      bytes.set(content, page);
      expect(hash()).toBe(reference(content));
    }),
  );
});

test('every byte of a page counts for its hash, and for its being zero', () => {
  bytes.fill(0, page, page + PAGE_BYTES);
  const seen = new Set([hash()]);
  expect(host.core.isZeroPage(page)).toBe(true);
  for (let offset = 0; offset < PAGE_BYTES; offset++) {
    bytes[page + offset] = 1;
    seen.add(hash());
    expect(host.core.isZeroPage(page), `byte ${offset}`).toBe(false);
    bytes[page + offset] = 0;
  }
  expect(seen.size).toBe(PAGE_BYTES + 1);
});

test('a copied page is equal, and its neighbours stay', () => {
  const third = host.newFrame();
  bytes.fill(0xaa, page, page + PAGE_BYTES);
  bytes.fill(0, other, other + PAGE_BYTES);
  bytes.fill(0x55, third, third + PAGE_BYTES);
  host.core.copyPage(other, page);
  expect(bytes.subarray(other, other + PAGE_BYTES).every((byte) => byte === 0xaa)).toBe(true);
  expect(bytes.subarray(third, third + PAGE_BYTES).every((byte) => byte === 0x55)).toBe(true);
  expect(bytes[page]).toBe(0xaa);
});
