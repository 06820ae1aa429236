import { describe, expect, test } from 'vitest';
import type { Progress } from '../scenario/mod.ts';
import { ProgressLine } from './progress-line.ts';

const at = (second: number, more: Partial<Progress> = {}): Progress => ({
  ...{
    phase: 'running',
    timeNs: second * 1e9,
    durationNs: 100e9,
    hostsOn: 3,
    hosts: 10,
    vmsRunning: 9,
    vmsEnded: 0,
    vms: 10,
  },
  ...{ migrationsUnderWay: 1, migrationsCompleted: 4, migrationsFailed: 0, ...more },
});

function shown(rewritable: boolean, steps: readonly Progress[]): string {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const line = new ProgressLine({ terminal: { width: 60, colours: false }, rewritable, write });
  for (const step of steps) line.show(step);
  line.clear();
  return text;
}

describe('the progress line', () => {
  test('is written over on a terminal, is no wider, and goes away', () => {
    const text = shown(true, [at(1), at(50)]);
    expect(text.endsWith('\r\u001b[K')).toBe(true);
    expect(text).toContain('0:50 of 1:40  hosts on 3/10');
    for (const line of text.split('\r')) expect(line.replace('\u001b[K', '').length).toBeLessThan(60);
  });

  test('gives up its bar before its figures', () => {
    const text = shown(true, [at(50, { migrationsUnderWay: 0 })]);
    expect(text).toContain('migrations 4');
    expect(text).not.toContain('░');
  });

  test('is a line for each tenth of the way elsewhere', () => {
    const text = shown(false, [
      at(0, { phase: 'joining', hostsOn: 0 }),
      ...Array.from({ length: 101 }, (_, second) => at(second)),
      at(100, { phase: 'done' }),
    ]);
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toBe('0 of 10 hosts have joined');
    expect(lines.length).toBe(12);
    expect(lines.at(-1)).toBe('1:40 of 1:40  hosts on 3/10  VMs 9/10  migrations 4, 1 under way');
    expect(text).not.toContain('\u001b');
    expect(shown(false, [at(1, { vmsEnded: 1 })])).toContain('VMs 9/10 (1 ended)');
  });
});
