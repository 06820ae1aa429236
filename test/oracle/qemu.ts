// Starts `qemu-system-riscv64` on an ELF file, instruction by instruction, with the extensions that ours does not have switched off,
// and gives its steps as they come and its RAM at the end. RAM is a file, so that it can be read after QEMU has gone.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPARED_BYTES, RAM_BYTES } from './layout.ts';
import { QemuLog, type QemuStep } from './qemu-log.ts';

export const QEMU = 'qemu-system-riscv64';

/** RV64IMAC with M, S and U mode; identification registers read 0. */
const CPU = 'rv64,f=off,d=off,h=off,zba=off,zbb=off,zbc=off,zbs=off,sstc=off,debug=off,pmu-num=0,marchid=0,mimpid=0';

/** The version that is installed, or undefined. */
export const qemuVersion = (): string | undefined => {
  const answer = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 ? /version (\S+)/.exec(answer.stdout)?.[1] : undefined;
};

/** What to do after a step: go on, or stop QEMU since enough is known. */
export type StepVerdict = 'go-on' | 'stop';

export interface QemuRun {
  /** How it ended: by the program itself; by us; by a failed assertion in QEMU, of which 7.2 has some for odd programs. */
  readonly end: 'program' | 'stopped' | 'crashed';
  /** RAM from its first byte, as far as it is compared; only when the program ended the run. */
  readonly ram: Uint8Array | undefined;
}

/** A program that neither ends nor executes anything (a trap loop that cannot even be fetched) is given up after so much silence. */
const LONGEST_RUN_MS = 20_000;

const readBeginning = (path: string, length: number): Uint8Array => {
  const content = new Uint8Array(length);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, content, 0, length, 0) !== length) throw new Error(`${path} is shorter than ${length} bytes`);
  } finally {
    closeSync(file);
  }
  return content;
};

export const runQemu = async (elf: Uint8Array, onStep: (step: QemuStep) => StepVerdict): Promise<QemuRun> => {
  const directory = mkdtempSync(join(tmpdir(), 'lightsout-oracle-'));
  try {
    const elfPath = join(directory, 'program.elf');
    const ramPath = join(directory, 'ram');
    writeFileSync(elfPath, elf);
    // The log goes through a named pipe: Node's own pipes are sockets, which QEMU cannot open by name.
    const fifoPath = join(directory, 'log');
    if (spawnSync('mkfifo', [fifoPath]).status !== 0) throw new Error(`mkfifo ${fifoPath} failed`);
    const stream = new Socket({ fd: openSync(fifoPath, constants.O_RDONLY | constants.O_NONBLOCK), readable: true });
    const writeEnd = openSync(fifoPath, constants.O_WRONLY);
    const child = spawn(
      QEMU,
      [
        ...[
          '-M',
          'virt,memory-backend=ram',
          '-m',
          `${RAM_BYTES >> 20}M`,
          '-cpu',
          CPU,
          '-nodefaults',
          '-smp',
          '1,maxcpus=2',
        ],
        ...['-object', `memory-backend-file,id=ram,size=${RAM_BYTES},mem-path=${ramPath},share=on`],
        ...['-display', 'none', '-serial', 'none', '-monitor', 'none', '-bios', 'none', '-kernel', elfPath],
        ...['-singlestep', '-d', 'cpu,exec,int,nochain', '-D', '/dev/fd/3'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe', writeEnd] },
    );
    closeSync(writeEnd);
    let isStopped = false;
    let failure: unknown;
    const stop = (): void => {
      isStopped = true;
      child.kill('SIGKILL');
    };
    const deadline = setTimeout(stop, LONGEST_RUN_MS);
    const log = new QemuLog((step) => {
      if (!isStopped && onStep(step) === 'stop') stop();
    });
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString('utf8');
    });
    stream.on('data', (chunk: Buffer) => {
      if (isStopped) return;
      try {
        log.write(chunk);
      } catch (error) {
        failure = error;
        stop();
      }
    });
    const drained = new Promise<void>((resolve, reject) => {
      stream.on('error', reject);
      stream.on('close', resolve);
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    await drained;
    clearTimeout(deadline);
    if (failure !== undefined) throw failure;
    if (isStopped) return { end: 'stopped', ram: undefined };
    if (code === null && /Assertion .* failed/.test(complaint)) return { end: 'crashed', ram: undefined };
    if (code !== 0) throw new Error(`${QEMU} ended with ${code}: ${complaint}`);
    log.end();
    return { end: 'program', ram: readBeginning(ramPath, COMPARED_BYTES) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
