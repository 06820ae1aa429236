// The report at the end of a run: hosts over time, migrations, energy, expectations, and what else has to be known.

import type { MigrationResult, ScenarioResult } from '../scenario/mod.ts';
import { clockTime, energy, mebibytes, percent, span, threeDigits } from './figures.ts';
import { axis, strip } from './strip.ts';
import { paint, renderTable, type Terminal, wrapText } from './terminal.ts';

/** Chosen: what one looks through; all of them are in run.json. */
const MIGRATIONS_SHOWN_MAX = 40;
const HOSTS_SHOWN_MAX = 40;
const WARNINGS_SHOWN_MAX = 12;
/** Columns that the table of hosts needs beside the strip, and the least strip that says something. */
const HOST_COLUMNS_WIDTH = 34;
const STRIP_WIDTH_MIN = 20;

export function renderReport(result: ScenarioResult, terminal: Terminal): string {
  const sections = [
    renderHosts(result, terminal),
    renderMigrations(result, terminal),
    renderEnergy(result, terminal),
    renderExpectations(result, terminal),
    renderWarnings(result, terminal),
    renderVerdict(result, terminal),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function renderHosts(result: ScenarioResult, terminal: Terminal): string {
  const nameWidth = Math.max(8, ...result.hosts.map((host) => host.host.length));
  const room = terminal.width - HOST_COLUMNS_WIDTH - nameWidth;
  const width = Math.max(STRIP_WIDTH_MIN, Math.min(room, result.timeline.hostsOn.length));
  const rows = result.hosts
    .slice(0, HOSTS_SHOWN_MAX)
    .map((host) => [
      host.host,
      strip(host.strip, width),
      span(host.onMs),
      host.onMs === 0 ? '' : percent(host.utilisation),
      `${threeDigits(host.joules / 1000)} kJ`,
    ]);
  const all = result.hosts.length;
  const curve = result.timeline.hostsOn.map((count) => (count === 0 ? null : count / all));
  const { min, max, end } = result.hostsOn;
  rows.push([
    paint(terminal, 'bold', 'hosts on'),
    paint(terminal, 'bold', strip(curve, width)),
    `${min}–${max}`,
    `end ${end}`,
    '',
  ]);
  const labels = axis((position) => clockTime(position * result.durationMs), width);
  rows.push(['', paint(terminal, 'dim', labels), '', '', '']);
  const columns = [
    { title: 'host' },
    { title: 'CPU: ▁ idle, █ full, · standby' },
    { title: 'on', align: 'right' },
    { title: 'CPU', align: 'right' },
    { title: 'energy', align: 'right' },
  ] as const;
  const more = all > HOSTS_SHOWN_MAX ? `\n  … and ${all - HOSTS_SHOWN_MAX} more` : '';
  return `${heading(terminal, 'Hosts over time')}\n${renderTable(terminal, columns, rows)}${more}`;
}

function renderMigrations(result: ScenarioResult, terminal: Terminal): string {
  if (result.migrations.length === 0) return `${heading(terminal, 'Migrations')}\n  none`;
  const rows = result.migrations
    .slice(0, MIGRATIONS_SHOWN_MAX)
    .map((migration) => [
      clockTime(migration.endedMs),
      migration.vm,
      `${migration.from} → ${migration.to}`,
      String(migration.rounds),
      String(migration.pages),
      mebibytes(migration.bytes),
      migration.outcome === 'completed' ? threeDigits(migration.downtimeMs) : '',
      threeDigits(migration.totalMs),
      describeOutcome(migration, terminal),
    ]);
  const columns = [
    { title: 'at', align: 'right' },
    { title: 'VM' },
    { title: 'from → to' },
    { title: 'rounds', align: 'right' },
    { title: 'pages', align: 'right' },
    { title: 'MiB', align: 'right' },
    { title: 'downtime ms', align: 'right' },
    { title: 'total ms', align: 'right' },
    { title: 'stopped by' },
  ] as const;
  const more = result.migrations.length - MIGRATIONS_SHOWN_MAX;
  const rest = more > 0 ? `\n  … and ${more} more` : '';
  return `${heading(terminal, 'Migrations')}\n${renderTable(terminal, columns, rows)}${rest}`;
}

function describeOutcome(migration: MigrationResult, terminal: Terminal): string {
  if (migration.outcome === 'completed') return migration.reason;
  const text = migration.outcome === 'failed' ? `gave up: ${migration.reason}` : 'cancelled';
  return paint(terminal, 'yellow', text);
}

function renderEnergy(result: ScenarioResult, terminal: Terminal): string {
  const { joules, allOnJoules, ratio } = result.energy;
  // Sums of floating-point numbers: a hair above 1 is 1.
  const saved = ratio < 1.0005 ? `${percent(Math.max(0, 1 - ratio))} saved` : `${percent(ratio - 1)} more`;
  const rows = [
    ['used', energy(joules), paint(terminal, 'bold', saved)],
    ['with all hosts on', energy(allOnJoules), ''],
  ];
  return `${heading(terminal, 'Energy')}\n${renderTable(terminal, [], rows)}`;
}

function renderExpectations(result: ScenarioResult, terminal: Terminal): string {
  const rows = result.expectations.map((expectation) => {
    const mark = expectation.met
      ? paint(terminal, 'green', '✓')
      : paint(terminal, expectation.judged ? 'red' : 'yellow', '✗');
    const note = expectation.judged ? '' : ' (not judged live)';
    return [mark, expectation.name, paint(terminal, 'dim', shorten(expectation.detail + note, terminal, result))];
  });
  return `${heading(terminal, 'Expectations')}\n${renderTable(terminal, [{ title: '' }, { title: 'expected' }, { title: 'found' }], rows)}`;
}

function shorten(detail: string, terminal: Terminal, result: ScenarioResult): string {
  const names = Math.max(...result.expectations.map((expectation) => expectation.name.length));
  const room = Math.max(30, terminal.width - names - 8);
  return detail.length > room ? `${detail.slice(0, room - 1)}…` : detail;
}

function renderWarnings(result: ScenarioResult, terminal: Terminal): string {
  if (result.warnings.length === 0) return '';
  const shown = result.warnings.slice(0, WARNINGS_SHOWN_MAX).map((warning) => wrapText(warning, terminal.width, '  '));
  const more = result.warnings.length - WARNINGS_SHOWN_MAX;
  if (more > 0) shown.push(`  … and ${more} more`);
  return `${heading(terminal, 'To be known')}\n${shown.join('\n')}`;
}

function renderVerdict(result: ScenarioResult, terminal: Terminal): string {
  const unmet = result.expectations.filter((expectation) => expectation.judged && !expectation.met).length;
  const word = verdictWord(result, terminal, unmet);
  const digest = paint(terminal, 'dim', `  ${result.eventCount} events, SHA-256 ${result.eventsSha256}`);
  const run = `${result.scenario}, seed ${result.seed}, ${result.mode}, ${span(result.durationMs)} of cluster time`;
  return `${word}  ${run}\n${digest}`;
}

function verdictWord(result: ScenarioResult, terminal: Terminal, unmet: number): string {
  if (result.passed) return paint(terminal, 'green', 'PASSED');
  if (!result.valid) return paint(terminal, 'yellow', 'INVALID');
  return paint(terminal, 'red', `FAILED (${unmet} of ${result.expectations.length} expectations)`);
}

function heading(terminal: Terminal, text: string): string {
  return paint(terminal, 'bold', text);
}
