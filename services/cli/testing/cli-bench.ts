// A bench for tests of the command line: a checkout in a temporary folder whose services are scripts of the test, and surroundings that keep
// what was written.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { WallClock } from '../../../shared/runtime/live/mod.ts';
import { runCommandLine } from '../program.ts';
import type { Surroundings } from '../surroundings.ts';

export interface Said {
  readonly exitCode: number;
  readonly out: string;
  readonly complaints: string;
}

export class CliBench {
  readonly path = mkdtempSync(join(tmpdir(), 'lightsout-cli-'));
  readonly interruption = new AbortController();
  readonly #checkoutPath: string;

  /** With a checkout's path its services are used; else the test writes its own. */
  constructor(checkoutPath?: string) {
    this.#checkoutPath = checkoutPath ?? this.path;
    if (checkoutPath === undefined) this.write('guests/build/burn.elf', '');
  }

  write(path: string, content: string): string {
    const whole = join(this.path, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, content);
    return whole;
  }

  async run(...args: readonly string[]): Promise<Said> {
    let out = '';
    let complaints = '';
    const terminal = { width: 100, colours: false };
    const surroundings: Surroundings = {
      environment: {},
      nodePath: process.execPath,
      checkoutPath: this.#checkoutPath,
      workingPath: this.path,
      processId: process.pid,
      coreCount: 2,
      out: {
        terminal,
        rewritable: false,
        write: (text) => {
          out += text;
        },
      },
      complaints: {
        terminal,
        rewritable: false,
        write: (text) => {
          complaints += text;
        },
      },
      clock: new WallClock(),
      interrupted: this.interruption.signal,
    };
    const exitCode = await runCommandLine(surroundings, args);
    return { exitCode, out, complaints };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
