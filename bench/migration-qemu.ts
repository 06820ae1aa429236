// The peer: two processes of `qemu-system-riscv64` on this machine, the same guest image with the same arguments, plain pre-copy over loopback
// TCP without a bandwidth limit. Downtime is from the source's STOP to the destination's RESUME, as ours is.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guestImageUrl } from '../guests/mod.ts';
import {
  BenchFailed,
  bootArguments,
  DOWNTIME_LIMIT_MS,
  GUEST_MIB,
  LIMITS,
  type MigrationFigures,
  SETTLE_MS,
} from './migration-case.ts';
import { QmpConnection } from './migration-qmp.ts';

const QEMU = 'qemu-system-riscv64';
const LINE_LIMIT_MS = 120_000;
/** Chosen: how often the source is asked whether it is done; it measures its times itself. */
const LOOK_EVERY_MS = 5;

/** Part of the answer of `query-migrate` (qapi/migration.json). */
interface QmpMigration {
  readonly status?: string;
  readonly 'total-time'?: number;
  readonly 'error-desc'?: string;
  readonly ram?: { readonly transferred: number; readonly 'dirty-sync-count': number };
  readonly 'socket-address'?: readonly { readonly host: string; readonly port: string }[];
}

export interface QemuFigures extends MigrationFigures {
  /** What the guest said when it did not find in its memory what it had last written. */
  readonly damage: string | null;
}

/** Undefined when it is not installed. */
export function qemuVersion(): string | undefined {
  const answer = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 ? /version (\S+)/.exec(answer.stdout)?.[1] : undefined;
}

/** A fresh guest, moved once; it then checks its memory, which counts for nothing but is told. */
export async function measureQemu(folder: string, rateMib: number): Promise<QemuFigures> {
  const source = new QemuGuest(folder, 'source', rateMib, []);
  const target = new QemuGuest(folder, 'target', rateMib, ['-incoming', 'defer']);
  try {
    await Promise.all([source.open(), target.open()]);
    await source.line(/^lightsout dirty ready/);
    await target.qmp.command('migrate-incoming', { uri: 'tcp:127.0.0.1:0' });
    const [address] = (await target.qmp.command<QmpMigration>('query-migrate'))['socket-address'] ?? [];
    if (address === undefined) throw new BenchFailed('QEMU does not say where it listens');
    await source.qmp.command('migrate-set-parameters', { 'downtime-limit': DOWNTIME_LIMIT_MS, 'max-bandwidth': 0 });
    await pause(SETTLE_MS);
    await source.qmp.command('migrate', { uri: `tcp:${address.host}:${address.port}` });
    const figures = await ended(source, target);
    const guest = figures.completed ? target : source;
    guest.type('check\n');
    const line = await guest.line(/^check /);
    return { ...figures, damage: line.startsWith('check ok') ? null : line };
  } finally {
    await Promise.all([source.stop(), target.stop()]);
  }
}

async function ended(source: QemuGuest, target: QemuGuest): Promise<MigrationFigures> {
  const untilMs = performance.now() + LIMITS.totalLimitNs / 1e6;
  for (;;) {
    const state = await source.qmp.command<QmpMigration>('query-migrate');
    const { status, ram } = state;
    const isOver = performance.now() > untilMs;
    if (status === 'failed')
      throw new BenchFailed(`QEMU's migration failed: ${state['error-desc'] ?? 'without a word'}`);
    if (status !== 'completed' && !isOver) {
      await pause(LOOK_EVERY_MS);
      continue;
    }
    const counts = { totalMs: state['total-time']!, bytes: ram!.transferred, rounds: ram!['dirty-sync-count'] };
    if (status === 'completed') {
      const resumedMs = await target.qmp.happened('RESUME', LINE_LIMIT_MS);
      const downtimeMs = resumedMs - source.qmp.timeOf('STOP')!;
      return { completed: true, reason: 'downtime-limit', downtimeMs, ...counts };
    }
    // It would go on for ever.
    await source.qmp.command('migrate_cancel');
    return { completed: false, reason: 'time-limit', downtimeMs: 0, ...counts };
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

class QemuGuest {
  readonly #process: ChildProcess;
  readonly #socketPath: string;
  readonly #lines: string[] = [];
  readonly #ended: Promise<void>;
  #see: () => void = () => undefined;
  #qmp: QmpConnection | undefined;

  constructor(folder: string, role: string, rateMib: number, more: readonly string[]) {
    this.#socketPath = join(folder, `${role}.qmp`);
    const board = [
      '-M',
      'virt',
      '-smp',
      '1',
      '-bios',
      'none',
      '-m',
      `${GUEST_MIB}M`,
      '-nodefaults',
      '-display',
      'none',
    ];
    const guest = ['-kernel', fileURLToPath(guestImageUrl('dirty')), '-append', bootArguments(rateMib)];
    const control = ['-serial', 'stdio', '-qmp', `unix:${this.#socketPath},server=on,wait=off`];
    this.#process = spawn(QEMU, [...board, ...guest, ...control, ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      this.#lines.push(line);
      this.#see();
    });
    // Typing to a process that has ended breaks the pipe; the silence that follows says so.
    this.#process.stdin!.on('error', () => undefined);
    this.#ended = new Promise((resolve) => this.#process.once('close', () => resolve()));
  }

  async open(): Promise<void> {
    this.#qmp = await QmpConnection.open(this.#socketPath);
  }

  get qmp(): QmpConnection {
    return this.#qmp!;
  }

  type(text: string): void {
    this.#process.stdin!.write(text);
  }

  /** The next line like that; those before it are dropped. */
  async line(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new BenchFailed(`QEMU's guest prints no line like ${pattern}`)),
        LINE_LIMIT_MS,
      );
      const see = (): void => {
        for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
          if (!pattern.test(line)) continue;
          clearTimeout(deadline);
          this.#see = () => undefined;
          resolve(line);
          return;
        }
      };
      this.#see = see;
      see();
    });
  }

  async stop(): Promise<void> {
    this.#qmp?.close();
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
