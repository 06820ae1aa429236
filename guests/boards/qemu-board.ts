// Guests on `qemu-system-riscv64 -M virt`: the peer whose behaviour ours is measured by. The console is the process's
// standard input and output; the test finisher's code is its exit code.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { guestImageUrl } from '../guest-names.ts';
import type { Board, GuestRun, GuestStart } from './board.ts';
import { LineReader } from './line-reader.ts';

const QEMU = 'qemu-system-riscv64';

/** Chosen: far longer than any guest here is silent, even on a busy machine. */
const SILENCE_MAX_MS = 60_000;

export function qemuIsInstalled(): boolean {
  return spawnSync(QEMU, ['--version']).status === 0;
}

export const qemuBoard: Board = {
  name: 'QEMU virt',
  start: (options) => new QemuRun(options),
};

class QemuRun implements GuestRun {
  readonly #process: ChildProcess;
  readonly #lines = new LineReader();
  #exitCode: number | undefined;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;
  #stderr = '';

  constructor({ guest, bootArguments = '', memoryMib = 64 }: GuestStart) {
    const image = fileURLToPath(guestImageUrl(guest));
    const board = ['-M', 'virt', '-smp', '1', '-bios', 'none', '-m', `${memoryMib}M`];
    const console = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio'];
    this.#process = spawn(QEMU, [...board, ...console, '-kernel', image, '-append', bootArguments]);
    this.#process.stdout!.setEncoding('latin1').on('data', (text: string) => {
      this.#lines.add(text);
      this.#wake();
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // Typing to a guest that has just ended breaks the pipe; the exit says what happened.
    this.#process.stdin!.on('error', (error) => {
      this.#stderr += `${error.message}\n`;
    });
    this.#process.on('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
    this.#process.on('close', (code) => {
      this.#exitCode = code ?? -1;
      this.#wake();
    });
  }

  type(text: string): void {
    this.#process.stdin!.write(text, 'latin1');
  }

  async nextLine(): Promise<string> {
    for (;;) {
      const line = this.#lines.take();
      if (line !== undefined) return line;
      if (this.#exitCode !== undefined) throw new Error(`the guest ended with ${this.#exitCode}. ${this.#stderr}`);
      await this.#change('a line');
    }
  }

  advance(): void {
    // Time passes by itself here.
  }

  async end(): Promise<{ exitCode: number; lines: readonly string[] }> {
    while (this.#exitCode === undefined) await this.#change('the end');
    return { exitCode: this.#exitCode, lines: this.#lines.takeAll() };
  }

  stop(): void {
    if (this.#exitCode === undefined) this.#process.kill('SIGKILL');
  }

  async #change(what: string): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new Error(`no sign of ${what} in ${SILENCE_MAX_MS} ms; so far: ${this.#lines.partial}`)),
        SILENCE_MAX_MS,
      );
      this.#wake = () => {
        clearTimeout(deadline);
        resolve();
      };
    });
    if (this.#failure !== undefined) throw this.#failure;
  }
}
