// Copies of bytes that cross a port: what is sent must not change under the receiver.

/** A plain copy, whatever kind of view comes in: `Buffer.slice` shares its memory, and shared memory can change under a reader. */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
