// Cuts a console's bytes into lines.

export class LineReader {
  readonly #lines: string[] = [];
  #partial = '';

  add(text: string): void {
    const pieces = (this.#partial + text).split('\n');
    this.#partial = pieces.pop() ?? '';
    for (const piece of pieces) this.#lines.push(piece.replace(/\r$/, ''));
  }

  take(): string | undefined {
    return this.#lines.shift();
  }

  takeAll(): string[] {
    return this.#lines.splice(0);
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** What has come of the line that is not complete. */
  get partial(): string {
    return this.#partial;
  }
}
