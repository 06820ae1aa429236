// `npm run bench:migration`: how long a live migration takes, how long the guest stands still, and what is sent, at several rates of dirtied memory.
// Three ways: ours in virtual time over links of 1 and 10 Gbit/s (exact figures, the same everywhere), ours on two real processes of this
// machine, and the peer, QEMU, on two processes of its own with the same guest image. The last two take turns, and medians are shown.

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mebibytes, renderTable, threeDigits } from '../shared/report/mod.ts';
import {
  BenchFailed,
  DOWNTIME_LIMIT_MS,
  GUEST_MIB,
  type MigrationFigures,
  medianFigures,
  RATES_MIB,
  SET_MIB,
} from './migration-case.ts';
import { LiveHosts } from './migration-live.ts';
import { measureQemu, type QemuFigures, qemuVersion } from './migration-qemu.ts';
import { measureVirtual } from './migration-virtual.ts';

interface VirtualRow {
  readonly linkGbit: number;
  readonly rateMib: number;
  readonly figures: MigrationFigures;
}

interface LiveRow {
  readonly rateMib: number;
  readonly ours: readonly MigrationFigures[];
  readonly qemu: readonly QemuFigures[];
}

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const LINKS_GBIT = [1, 10] as const;
/** Chosen: one way from host to host, as in one room. */
const LATENCY_NS = 100_000;
const DEFAULT_REPEATS = 3;
const WAYS = ['virtual', 'live', 'qemu'];

const USAGE = `usage: npm run bench:migration -- [--json] [--repeats N] [--rates 0,10,50] [--only virtual,live,qemu]
Live migration of a guest of ${GUEST_MIB} MiB that dirties so many MiB a second, beside QEMU's.
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    repeats: { type: 'string', default: String(DEFAULT_REPEATS) },
    rates: { type: 'string', default: RATES_MIB.join(',') },
    only: { type: 'string', default: WAYS.join(',') },
    help: { type: 'boolean', default: false },
  },
});

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

async function virtualRows(rates: readonly number[]): Promise<VirtualRow[]> {
  const rows: VirtualRow[] = [];
  for (const linkGbit of LINKS_GBIT) {
    for (const rateMib of rates) {
      progress(`in virtual time: ${linkGbit} Gbit/s, ${rateMib} MiB/s dirtied`);
      const figures = await measureVirtual(linkGbit * 1e9, LATENCY_NS, rateMib);
      rows.push({ linkGbit, rateMib, figures });
    }
  }
  return rows;
}

/** Ours and the peer in turn. */
async function liveRows(
  rates: readonly number[],
  repeats: number,
  ways: ReadonlySet<string>,
): Promise<{ readonly rows: LiveRow[]; readonly first: MigrationFigures | undefined }> {
  const folder = mkdtempSync(join(tmpdir(), 'lightsout-bench-'));
  const hosts = ways.has('live') ? await LiveHosts.start(CHECKOUT, folder) : undefined;
  const rows = rates.map((rateMib) => ({
    rateMib,
    ours: [] as MigrationFigures[],
    qemu: [] as QemuFigures[],
  }));
  try {
    // A process that has just started has compiled nothing yet and touched no memory.
    progress('the first migration of two new processes');
    const first = await hosts?.measure(0);
    for (let turn = 1; turn <= repeats; turn += 1) {
      for (const { rateMib, ours, qemu } of rows) {
        progress(`turn ${turn} of ${repeats}: ${rateMib} MiB/s dirtied`);
        if (hosts !== undefined) ours.push(await hosts.measure(rateMib));
        if (ways.has('qemu')) qemu.push(await measureQemu(folder, rateMib));
      }
    }
    return { rows, first };
  } finally {
    await hosts?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const right = (title: string) => ({ title, align: 'right' }) as const;

function cells(figures: MigrationFigures): string[] {
  const { completed, reason, downtimeMs, totalMs, bytes, rounds } = figures;
  const downtime = completed ? threeDigits(downtimeMs) : `gave up: ${reason}`;
  return [downtime, threeDigits(totalMs), mebibytes(bytes), String(Math.round(rounds))];
}

const FIGURES = [right('downtime ms'), right('total ms'), right('MiB'), right('rounds')];

function virtualTable(rows: readonly VirtualRow[]): string {
  const columns = [right('link Gbit/s'), right('dirtied MiB/s'), ...FIGURES];
  return table(
    columns,
    rows.map(({ linkGbit, rateMib, figures }) => [String(linkGbit), String(rateMib), ...cells(figures)]),
  );
}

function liveTable(rows: readonly LiveRow[]): string {
  const columns = [right('dirtied MiB/s'), { title: 'on' }, ...FIGURES, right('ours/QEMU downtime'), right('total')];
  const lines = rows.flatMap(({ rateMib, ours, qemu }) => {
    const ratios = ratiosOf({ rateMib, ours, qemu });
    const shown = [ratios?.downtime, ratios?.total].map((ratio) => (ratio === undefined ? '' : threeDigits(ratio)));
    return [
      ...(ours.length === 0 ? [] : [[String(rateMib), 'ours', ...cells(medianFigures(ours)), ...shown]]),
      ...(qemu.length === 0 ? [] : [[String(rateMib), 'QEMU', ...cells(medianFigures(qemu)), '', '']]),
    ];
  });
  return table(columns, lines);
}

function table(columns: Parameters<typeof renderTable>[1], rows: readonly string[][]): string {
  return renderTable({ width: process.stdout.columns ?? 100, colours: false }, columns, rows);
}

/** Of the medians; undefined when there is nothing to compare. */
function ratiosOf({ ours, qemu }: LiveRow): { readonly downtime: number; readonly total: number } | undefined {
  if (ours.length === 0 || qemu.length === 0) return undefined;
  const [mine, theirs] = [medianFigures(ours), medianFigures(qemu)];
  if (!mine.completed || !theirs.completed) return undefined;
  return { downtime: mine.downtimeMs / theirs.downtimeMs, total: mine.totalMs / theirs.totalMs };
}

/** Every guest checks its memory afterwards. Ours end the benchmark when it is wrong; the peer's are reported. */
function damageLines(rows: readonly LiveRow[]): string[] {
  return rows.flatMap(({ rateMib, qemu }) => {
    const damaged = qemu.flatMap(({ damage }) => damage ?? []);
    if (damaged.length === 0) return [];
    const often = `${damaged.length} of ${qemu.length}`;
    return [`At ${rateMib} MiB/s, ${often} guests on QEMU found their memory damaged afterwards: "${damaged[0]}".`];
  });
}

function printTables(
  virtual: readonly VirtualRow[],
  live: Awaited<ReturnType<typeof liveRows>> | undefined,
  version: string | undefined,
  repeats: number,
): void {
  const lines = [
    `A guest of ${GUEST_MIB} MiB, ${SET_MIB} MiB of it not zero and written in turn; downtime limit ${DOWNTIME_LIMIT_MS} ms.`,
  ];
  if (virtual.length > 0) lines.push('', 'Ours in virtual time', virtualTable(virtual));
  if (live !== undefined) {
    const qemu =
      version === undefined ? 'qemu-system-riscv64 is not installed: only ours is measured' : `QEMU ${version}`;
    const load = loadavg()[0]!.toFixed(1);
    lines.push(
      '',
      `Between two processes over loopback TCP: medians of ${repeats} in turn; ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'},`,
      `load ${load}; Node ${process.versions.node}; ${qemu}`,
      liveTable(live.rows),
    );
    lines.push('', ...damageLines(live.rows));
    if (live.first !== undefined) {
      const { downtimeMs, totalMs } = live.first;
      const figures = `${threeDigits(downtimeMs)} ms of downtime, ${threeDigits(totalMs)} ms in all`;
      lines.push(`The first migration of two new host processes, at 0 MiB/s: ${figures}.`);
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function printJson(
  virtual: readonly VirtualRow[],
  live: Awaited<ReturnType<typeof liveRows>> | undefined,
  version: string | undefined,
): void {
  const summary = {
    node: process.versions.node,
    qemu: version ?? null,
    cpu: cpus()[0]?.model ?? null,
    cpuCount: cpus().length,
    load: loadavg()[0],
    guestMib: GUEST_MIB,
    setMib: SET_MIB,
    downtimeLimitMs: DOWNTIME_LIMIT_MS,
    virtual,
    first: live?.first ?? null,
    live: (live?.rows ?? []).map((row) => ({
      rateMib: row.rateMib,
      ours: row.ours.length === 0 ? null : { ...medianFigures(row.ours), all: row.ours },
      qemu: row.qemu.length === 0 ? null : { ...medianFigures(row.qemu), all: row.qemu },
      ratio: ratiosOf(row) ?? null,
    })),
  };
  process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
}

async function main(): Promise<void> {
  const rates = values.rates.split(',').map(Number);
  const repeats = Number(values.repeats);
  const ways = new Set(values.only.split(','));
  const areNumbers = rates.every((rate) => Number.isInteger(rate) && rate >= 0) && Number.isInteger(repeats);
  if (values.help || !areNumbers || repeats < 1 || [...ways].some((way) => !WAYS.includes(way))) {
    process.stderr.write(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const version = qemuVersion();
  if (version === undefined) ways.delete('qemu');
  const virtual = ways.has('virtual') ? await virtualRows(rates) : [];
  const live = ways.has('live') || ways.has('qemu') ? await liveRows(rates, repeats, ways) : undefined;
  progress('');
  if (values.json) printJson(virtual, live, version);
  else printTables(virtual, live, version, repeats);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BenchFailed)) throw error;
  process.stderr.write(`bench:migration: ${error.message}\n`);
  process.exitCode = 1;
}
