// The expectations of a scenario file: each threshold becomes one check with a name, a class and a window.

import { fieldsOfEvent } from './event-kinds.ts';
import { type ExpectationInFile, measures } from './file-expectation-schema.ts';
import { type Reading, read } from './reading.ts';
import { resolveVms } from './resolve-vms.ts';
import type { Bound, Check, Expectation, ExpectationClass, Window } from './scenario.ts';
import { formatQuantity } from './units.ts';
import type { BoundInFile } from './vocabulary.ts';
import type { Path } from './yaml-source.ts';

interface Named {
  readonly name: string;
  readonly class: ExpectationClass;
  readonly check: Check;
}

export function loadExpectations(
  reading: Reading,
  items: readonly ExpectationInFile[],
  vms: readonly string[],
  durationNs: number | undefined,
): readonly Expectation[] {
  return items.flatMap((item, index) => {
    const path = ['expectations', index] as const;
    if (!reading.isSound(path)) return [];
    const given = measures.filter((measure) => item[measure] !== undefined);
    if (given.length !== 1) {
      const key = given[1] ?? Object.keys(item)[0] ?? '';
      const found = given.length === 0 ? 'none' : given.join(' and ');
      reading.refuseKey([...path, key], `expected exactly one of ${measures.join(', ')}; found ${found}`);
      return [];
    }
    const section = new ExpectationSection(reading, [...path, given[0]!], vms, durationNs);
    const checks = section.read(item);
    return checks.map((each) => ({
      ...each,
      name: item.name === undefined ? each.name : checks.length === 1 ? item.name : `${item.name}: ${each.name}`,
      only: item.only ?? null,
    }));
  });
}

class ExpectationSection {
  readonly #reading: Reading;
  readonly #path: Path;
  readonly #vms: readonly string[];
  readonly #durationNs: number | undefined;

  constructor(reading: Reading, path: Path, vms: readonly string[], durationNs: number | undefined) {
    this.#reading = reading;
    this.#path = path;
    this.#vms = vms;
    this.#durationNs = durationNs;
  }

  read(item: ExpectationInFile): readonly Named[] {
    if (item.hostsOn !== undefined) return this.#hostsOn(item.hostsOn);
    if (item.vmsLost !== undefined) {
      const limits = boundOf(item.vmsLost);
      return [
        { name: `VMs lost ${describeBound(limits)}`, class: 'safety', check: { measure: 'vmsLost', bound: limits } },
      ];
    }
    if (item.migrations !== undefined) return this.#migrations(item.migrations);
    if (item.downtime !== undefined) return this.#downtime(item.downtime);
    if (item.energy !== undefined) return this.#energy(item.energy);
    if (item.console !== undefined) return this.#console(item.console);
    return this.#events(item.events!);
  }

  #hostsOn(wanted: NonNullable<ExpectationInFile['hostsOn']>): readonly Named[] {
    const checks: Named[] = [];
    for (const when of ['min', 'max', 'end'] as const) {
      if (wanted[when] === undefined) continue;
      const limits = boundOf(wanted[when]);
      const words = { min: 'fewest hosts on', max: 'most hosts on', end: 'hosts on at the end' }[when];
      checks.push({
        name: `${words} ${describeBound(limits)}`,
        class: 'outcome',
        check: { measure: 'hostsOn', when, bound: limits },
      });
    }
    if ((wanted.at === undefined) !== (wanted.is === undefined)) {
      this.#reading.refuseKey(
        [...this.#path, wanted.at === undefined ? 'is' : 'at'],
        'expected `at` and `is` together',
      );
    } else if (wanted.at !== undefined && wanted.is !== undefined) {
      const atNs = this.#time(wanted.at, 'at');
      const limits = boundOf(wanted.is);
      const name = `hosts on at ${formatQuantity('duration', atNs)} ${describeBound(limits)}`;
      checks.push({ name, class: 'outcome', check: { measure: 'hostsOnAt', atNs, bound: limits } });
    }
    if (wanted.reaches !== undefined) {
      const limits = boundOf(wanted.reaches);
      const window = this.#window(wanted);
      const name = `hosts on reach ${describeBound(limits)}${describeWindow(window)}`;
      checks.push({ name, class: 'outcome', check: { measure: 'hostsOnReaches', bound: limits, window } });
    }
    return checks;
  }

  #migrations(wanted: NonNullable<ExpectationInFile['migrations']>): readonly Named[] {
    const vms = this.#some(wanted.vms);
    const window = this.#window(wanted);
    const checks: Named[] = [];
    for (const outcome of ['completed', 'failed', 'cancelled'] as const) {
      if (wanted[outcome] === undefined) continue;
      const limits = boundOf(wanted[outcome]);
      const name = `migrations ${outcome}${describeVms(wanted.vms)} ${describeBound(limits)}${describeWindow(window)}`;
      checks.push({ name, class: 'outcome', check: { measure: 'migrations', outcome, vms, bound: limits, window } });
    }
    return checks;
  }

  #downtime(wanted: NonNullable<ExpectationInFile['downtime']>): readonly Named[] {
    const vms = this.#some(wanted.vms);
    return (['max', 'p95', 'mean'] as const).flatMap((statistic) => {
      const limit = wanted[statistic];
      if (limit === undefined) return [];
      const atMostNs = read('duration', limit);
      const words = { max: 'longest downtime', p95: '95th percentile of downtime', mean: 'mean downtime' }[statistic];
      const name = `${words}${describeVms(wanted.vms)} at most ${formatQuantity('duration', atMostNs)}`;
      return [{ name, class: 'timing', check: { measure: 'downtime', statistic, vms, atMostNs } } satisfies Named];
    });
  }

  #energy(wanted: NonNullable<ExpectationInFile['energy']>): readonly Named[] {
    const limits: Bound = {
      atLeast: wanted.atLeast === undefined ? null : read('fraction', wanted.atLeast),
      atMost: wanted.atMost === undefined ? null : read('fraction', wanted.atMost),
    };
    const percent = (value: number) => `${Math.round(value * 1000) / 10} %`;
    const name = `energy ${describeBound(limits, percent)} of all hosts on`;
    return [{ name, class: 'outcome', check: { measure: 'energy', bound: limits } }];
  }

  #console(wanted: NonNullable<ExpectationInFile['console']>): readonly Named[] {
    try {
      new RegExp(wanted.matches, 'u');
    } catch (error) {
      this.#reading.refuse([...this.#path, 'matches'], `not a regular expression: ${(error as Error).message}`);
    }
    const limits = wanted.count === undefined ? { atLeast: 1, atMost: null } : boundOf(wanted.count);
    const window = this.#window(wanted);
    const vms = resolveVms(this.#reading, [...this.#path, 'vms'], wanted.vms, this.#vms);
    const times = wanted.count === undefined ? '' : ` ${describeBound(limits)} times`;
    const name = `console${describeVms(wanted.vms)} shows /${wanted.matches}/${times}${describeWindow(window)}`;
    return [
      { name, class: 'safety', check: { measure: 'console', vms, matches: wanted.matches, bound: limits, window } },
    ];
  }

  #events(wanted: NonNullable<ExpectationInFile['events']>): readonly Named[] {
    const fields = fieldsOfEvent(wanted.kind);
    for (const field of Object.keys(wanted.where ?? {})) {
      if (!fields.includes(field)) {
        this.#reading.refuseName([...this.#path, 'where', field], `field of ${wanted.kind}`, field, fields);
      }
    }
    const limits = wanted.count === undefined ? { atLeast: 1, atMost: null } : boundOf(wanted.count);
    const window = this.#window(wanted);
    const where = Object.entries(wanted.where ?? {}).map(([field, value]) => `${field} ${value}`);
    const filter = where.length === 0 ? '' : ` (${where.join(', ')})`;
    const name = `events ${wanted.kind}${filter} ${describeBound(limits)}${describeWindow(window)}`;
    const check: Check = { measure: 'events', kind: wanted.kind, where: wanted.where ?? {}, bound: limits, window };
    return [{ name, class: 'outcome', check }];
  }

  #some(patterns: string | readonly string[] | undefined): readonly string[] | null {
    return patterns === undefined ? null : resolveVms(this.#reading, [...this.#path, 'vms'], patterns, this.#vms);
  }

  #window(wanted: { readonly from?: string | number; readonly within?: string | number }): Window {
    const fromNs = wanted.from === undefined ? 0 : this.#time(wanted.from, 'from');
    const toNs = wanted.within === undefined ? null : this.#time(wanted.within, 'within');
    if (toNs !== null && toNs < fromNs)
      this.#reading.refuse([...this.#path, 'within'], 'expected a later time than `from`');
    return { fromNs, toNs };
  }

  #time(raw: string | number, key: string): number {
    const timeNs = read('duration', raw);
    if (this.#durationNs !== undefined && timeNs > this.#durationNs) {
      this.#reading.refuse([...this.#path, key], 'this is after the end of the scenario; see `duration`');
    }
    return timeNs;
  }
}

function boundOf(raw: BoundInFile): Bound {
  if (typeof raw === 'number') return { atLeast: raw, atMost: raw };
  return { atLeast: raw.atLeast ?? null, atMost: raw.atMost ?? null };
}

export function describeBound(limits: Bound, format: (value: number) => string = String): string {
  const { atLeast, atMost } = limits;
  if (atLeast !== null && atLeast === atMost) return `exactly ${format(atLeast)}`;
  const parts = [
    ...(atLeast === null ? [] : [`at least ${format(atLeast)}`]),
    ...(atMost === null ? [] : [`at most ${format(atMost)}`]),
  ];
  return parts.join(', ');
}

function describeWindow(window: Window): string {
  const from = window.fromNs === 0 ? '' : ` from ${formatQuantity('duration', window.fromNs)}`;
  const to = window.toNs === null ? '' : ` within ${formatQuantity('duration', window.toNs)}`;
  return `${from}${to}`;
}

function describeVms(patterns: string | readonly string[] | undefined): string {
  return patterns === undefined ? '' : ` of ${typeof patterns === 'string' ? patterns : patterns.join(', ')}`;
}
