// What travels on a migration's stream, frame by frame. The first byte is the type; numbers are little-endian. A frame that does
// not fit its type throws MIGRATION_BAD_FRAME: the stream is then closed and the migration fails, at either end.
//
//   source → target   HELLO json · ROUND u32 · ZEROS u32 first, u32 count, bits · PAGES u32 count, u32 page…, content…
//                     FINAL u32 json length, json, digest (32 bytes), machine state · CANCEL text
//   target → source   ACCEPT u32 credit · REFUSE json · CREDIT u32 bytes · SWAPPED json · FAILED text

import { type Static, Type } from '@sinclair/typebox';
import { PAGE_BYTES } from '../machine/mod.ts';
import { codec, Name, OwnerRecord, VmSpecification } from '../protocol/mod.ts';
import { codedErrors } from '../runtime/mod.ts';

export const WIRE_VERSION = 1;

/** Chosen: a PAGES frame takes about a millisecond at 1 Gbit/s, so frames of several migrations interleave finely. */
export const PAGES_PER_FRAME = 32;
/** Pages that one ZEROS frame can speak of: a frame of at most 64 KiB. */
export const ZEROS_PER_FRAME = 512 * 1024;
export const DIGEST_BYTES = 32;

const FRAME = {
  HELLO: 1,
  ROUND: 2,
  ZEROS: 3,
  PAGES: 4,
  FINAL: 5,
  CANCEL: 6,
  ACCEPT: 17,
  REFUSE: 18,
  CREDIT: 19,
  SWAPPED: 20,
  FAILED: 21,
} as const;

const strict = { additionalProperties: false };

export const Hello = Type.Object(
  {
    version: Type.Literal(WIRE_VERSION),
    migration: Name,
    from: Name,
    to: Name,
    owner: OwnerRecord,
    specification: VmSpecification,
  },
  strict,
);
export type Hello = Static<typeof Hello>;

/** What the host node keeps for a VM beside the machine, and that has to go with it. */
export const Baggage = Type.Object(
  {
    /** Printed since the last line feed, on each console of the board. */
    consoleTails: Type.Array(Type.String(), { maxItems: 8 }),
    /** Names of console inputs that were accepted lately, so that a repetition is recognised at the new host. */
    recentInputs: Type.Array(Type.String()),
    /** Instructions executed on all hosts before. */
    instructions: Type.Number(),
  },
  strict,
);
export type Baggage = Static<typeof Baggage>;

export const Refusal = Type.Object({ code: Type.String(), message: Type.String() }, strict);
export const Swapped = Type.Object({ owner: OwnerRecord, resumedAtNs: Type.Number() }, strict);
export type Swapped = Static<typeof Swapped>;

const helloCodec = codec('migration hello', Hello);
const baggageCodec = codec('migration baggage', Baggage);
const refusalCodec = codec('migration refusal', Refusal);
const swappedCodec = codec('migration swapped', Swapped);

export const migrationErrors = codedErrors({
  MIGRATION_BAD_FRAME: {
    template: 'a migration frame is not usable: {problem}; the other end runs another version, or is not ours',
  },
});

export const badFrame = (problem: string) => migrationErrors.create('MIGRATION_BAD_FRAME', { problem });

export type SourceFrame =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'round'; readonly round: number }
  | { readonly kind: 'zeros'; readonly pages: readonly number[] }
  | { readonly kind: 'pages'; readonly pages: readonly { readonly page: number; readonly content: Uint8Array }[] }
  | { readonly kind: 'final'; readonly baggage: Baggage; readonly digest: Uint8Array; readonly state: Uint8Array }
  | { readonly kind: 'cancel'; readonly why: string };

export type TargetFrame =
  | { readonly kind: 'accept'; readonly creditBytes: number }
  | { readonly kind: 'refuse'; readonly code: string; readonly message: string }
  | { readonly kind: 'credit'; readonly bytes: number }
  | { readonly kind: 'swapped'; readonly swapped: Swapped }
  | { readonly kind: 'failed'; readonly why: string };

const text = new TextEncoder();
const untext = new TextDecoder();

function frame(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 1));
  bytes[0] = type;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function u32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(4 * index, value, true);
  });
  return bytes;
}

export const encodeHello = (hello: Hello): Uint8Array => frame(FRAME.HELLO, helloCodec.encode(hello));
export const encodeRound = (round: number): Uint8Array => frame(FRAME.ROUND, u32(round));
export const encodeCancel = (why: string): Uint8Array => frame(FRAME.CANCEL, text.encode(why));
export const encodeAccept = (creditBytes: number): Uint8Array => frame(FRAME.ACCEPT, u32(creditBytes));
export const encodeRefuse = (code: string, message: string): Uint8Array =>
  frame(FRAME.REFUSE, refusalCodec.encode({ code, message }));
export const encodeCredit = (bytes: number): Uint8Array => frame(FRAME.CREDIT, u32(bytes));
export const encodeSwapped = (swapped: Swapped): Uint8Array => frame(FRAME.SWAPPED, swappedCodec.encode(swapped));
export const encodeFailed = (why: string): Uint8Array => frame(FRAME.FAILED, text.encode(why));

/** One bit for each page from `first` on: set when the page is all zeros. */
export function encodeZeros(first: number, isZero: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(isZero.length / 8));
  isZero.forEach((zero, index) => {
    if (zero) bits[index >> 3]! |= 1 << (index & 7);
  });
  return frame(FRAME.ZEROS, u32(first, isZero.length), bits);
}

/**
 * `contentOf` answers a view of 4096 bytes, which is copied. `spare` is a frame sent before that is of no use any more: when it has the
 * right length its memory is taken, for a new 128 KiB each time keep the garbage collector as busy as the pages themselves.
 */
export function encodePages(
  pages: readonly number[],
  contentOf: (page: number) => Uint8Array,
  spare?: Uint8Array,
): Uint8Array {
  const contents = 5 + 4 * pages.length;
  const frameBytes = contents + pages.length * PAGE_BYTES;
  const bytes = spare?.byteLength === frameBytes ? spare : new Uint8Array(frameBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, frameBytes);
  bytes[0] = FRAME.PAGES;
  view.setUint32(1, pages.length, true);
  pages.forEach((page, index) => {
    view.setUint32(5 + 4 * index, page, true);
    bytes.set(contentOf(page), contents + index * PAGE_BYTES);
  });
  return bytes;
}

export function encodeFinal(baggage: Baggage, digest: Uint8Array, state: Uint8Array): Uint8Array {
  const json = baggageCodec.encode(baggage);
  return frame(FRAME.FINAL, u32(json.byteLength), json, digest, state);
}

export function decodeSourceFrame(bytes: Uint8Array): SourceFrame {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case FRAME.HELLO:
      return { kind: 'hello', hello: helloCodec.decode(body) };
    case FRAME.ROUND:
      return { kind: 'round', round: word(body, 0) };
    case FRAME.ZEROS:
      return { kind: 'zeros', pages: decodeZeros(body) };
    case FRAME.PAGES:
      return { kind: 'pages', pages: decodePages(body) };
    case FRAME.FINAL:
      return decodeFinal(body);
    case FRAME.CANCEL:
      return { kind: 'cancel', why: untext.decode(body) };
    default:
      throw badFrame(`Frame type ${bytes[0]} is none that a source sends.`);
  }
}

export function decodeTargetFrame(bytes: Uint8Array): TargetFrame {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case FRAME.ACCEPT:
      return { kind: 'accept', creditBytes: word(body, 0) };
    case FRAME.REFUSE:
      return { kind: 'refuse', ...refusalCodec.decode(body) };
    case FRAME.CREDIT:
      return { kind: 'credit', bytes: word(body, 0) };
    case FRAME.SWAPPED:
      return { kind: 'swapped', swapped: swappedCodec.decode(body) };
    case FRAME.FAILED:
      return { kind: 'failed', why: untext.decode(body) };
    default:
      throw badFrame(`Frame type ${bytes[0]} is none that a target sends.`);
  }
}

function word(body: Uint8Array, at: number): number {
  if (body.byteLength < at + 4) throw badFrame(`Expected ${at + 4} bytes or more, got ${body.byteLength}.`);
  return new DataView(body.buffer, body.byteOffset + at, 4).getUint32(0, true);
}

function decodeZeros(body: Uint8Array): number[] {
  const first = word(body, 0);
  const count = word(body, 4);
  if (count > ZEROS_PER_FRAME || body.byteLength !== 8 + Math.ceil(count / 8)) {
    throw badFrame(`ZEROS of ${count} pages has ${body.byteLength} bytes.`);
  }
  const pages: number[] = [];
  for (let index = 0; index < count; index += 1) {
    if ((body[8 + (index >> 3)]! & (1 << (index & 7))) !== 0) pages.push(first + index);
  }
  return pages;
}

function decodePages(body: Uint8Array): { page: number; content: Uint8Array }[] {
  const count = word(body, 0);
  const contents = 4 + 4 * count;
  if (count > PAGES_PER_FRAME || body.byteLength !== contents + count * PAGE_BYTES) {
    throw badFrame(`PAGES of ${count} pages has ${body.byteLength} bytes.`);
  }
  return Array.from({ length: count }, (_, index) => ({
    page: word(body, 4 + 4 * index),
    content: body.subarray(contents + index * PAGE_BYTES, contents + (index + 1) * PAGE_BYTES),
  }));
}

function decodeFinal(body: Uint8Array): SourceFrame {
  const stateAt = 4 + word(body, 0) + DIGEST_BYTES;
  if (body.byteLength < stateAt) throw badFrame(`FINAL is cut short: ${body.byteLength} bytes.`);
  return {
    kind: 'final',
    baggage: baggageCodec.decode(body.subarray(4, stateAt - DIGEST_BYTES)),
    digest: body.subarray(stateAt - DIGEST_BYTES, stateAt),
    state: body.subarray(stateAt),
  };
}
