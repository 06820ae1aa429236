// Cuts a guest's console output into lines. What follows the last line feed is kept as bytes, one character each, so that it
// can go with the VM to another host without loss. A line that never ends is cut.

/** Chosen: longer than any terminal; a guest that prints without line feeds must not fill our memory. */
export const LINE_BYTES_MAX = 4096;

const decoder = new TextDecoder();

export class ConsoleLines {
  #tail: string;

  constructor(tail = '') {
    this.#tail = tail;
  }

  /** Printed since the last line feed; one character for each byte. */
  get tail(): string {
    return this.#tail;
  }

  /** The lines that these bytes complete, as UTF-8 without line ends. */
  push(bytes: Uint8Array): string[] {
    if (bytes.byteLength === 0) return [];
    const parts = (this.#tail + Buffer.from(bytes).toString('latin1')).split('\n');
    this.#tail = parts.pop()!;
    while (this.#tail.length >= LINE_BYTES_MAX) {
      parts.push(this.#tail.slice(0, LINE_BYTES_MAX));
      this.#tail = this.#tail.slice(LINE_BYTES_MAX);
    }
    return parts.map((line) => decoder.decode(Buffer.from(line, 'latin1')).replace(/\r$/, ''));
  }
}
