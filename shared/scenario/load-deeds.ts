// The events of a scenario file, written out: repetitions become single deeds, in the order of time.

import type { EventInFile } from './file-event-schema.ts';
import { type Reading, read } from './reading.ts';
import { resolveVms } from './resolve-vms.ts';
import type { Deed, TimedDeed } from './scenario.ts';
import type { Path } from './yaml-source.ts';

/** Chosen: far above any scenario that a person writes; keeps `every: 1ms` from eating the memory. */
const DEEDS_MAX = 200_000;

export interface KnownNames {
  readonly hosts: readonly string[];
  readonly vms: readonly string[];
}

export function loadDeeds(
  reading: Reading,
  items: readonly EventInFile[],
  names: KnownNames,
  durationNs: number | undefined,
): readonly TimedDeed[] {
  const deeds: TimedDeed[] = [];
  items.forEach((item, index) => {
    const path = ['events', index] as const;
    if (!reading.isSound(path)) return;
    checkNames(reading, path, item, names);
    const atNs = read('duration', item.at);
    if (durationNs !== undefined && atNs > durationNs) {
      reading.refuse([...path, 'at'], 'this is after the end of the scenario; see `duration`');
      return;
    }
    if (item.times !== undefined && item.every === undefined) {
      reading.refuseKey([...path, 'times'], 'expected `every` beside `times`');
    }
    const everyNs = item.every === undefined ? undefined : read('duration', item.every);
    const fitting = everyNs === undefined ? 1 : Math.floor(((durationNs ?? atNs) - atNs) / everyNs) + 1;
    const count = Math.min(item.times ?? fitting, fitting);
    if (deeds.length + count > DEEDS_MAX) {
      reading.refuseKey(path, `more than ${DEEDS_MAX} events in all; repeat less often`);
      return;
    }
    const typedOn = item.do === 'type' ? resolveVms(reading, [...path, 'vms'], item.vms, names.vms) : [];
    for (let turn = 0; turn < count; turn++) {
      const turnNs = atNs + turn * (everyNs ?? 0);
      if (item.do !== 'type') deeds.push({ atNs: turnNs, deed: deedOf(item, turn) });
      else deeds.push(...typedOn.map((vm) => ({ atNs: turnNs, deed: { kind: 'type', vm, line: item.line } as const })));
    }
  });
  return deeds.sort((a, b) => a.atNs - b.atNs);
}

function checkNames(reading: Reading, path: Path, item: EventInFile, names: KnownNames): void {
  const known = (
    key: string,
    what: string,
    name: string,
    list: readonly string[],
    section: string,
    step: Path = [key],
  ) => {
    if (!list.includes(name) && reading.isSound([section])) reading.refuseName([...path, ...step], what, name, list);
  };
  if ('vm' in item) known('vm', 'VM', item.vm, names.vms, 'vms');
  if ('host' in item) known('host', 'host', item.host, names.hosts, 'hosts');
  if (item.do !== 'migrate' || item.to === undefined) return;
  if (typeof item.to === 'string') known('to', 'host', item.to, names.hosts, 'hosts');
  else for (const [index, host] of item.to.entries()) known('to', 'host', host, names.hosts, 'hosts', ['to', index]);
}

function deedOf(item: Exclude<EventInFile, { do: 'type' }>, turn: number): Deed {
  switch (item.do) {
    case 'migrate': {
      const { to } = item;
      const target = to === undefined || typeof to === 'string' ? to : to[turn % to.length];
      return { kind: 'migrate', vm: item.vm, to: target ?? null };
    }
    case 'cancel-migration':
      return { kind: 'cancel-migration', vm: item.vm };
    case 'stop':
      return { kind: 'stop', vm: item.vm };
    case 'wake':
      return { kind: 'wake', host: item.host };
    case 'standby':
      return { kind: 'standby', host: item.host };
  }
}
