// Hosts and links of a scenario file, written out.

import type { HostSpecification, PowerModel } from '../protocol/mod.ts';
import type { HostGroup, ScenarioFile } from './file-schema.ts';
import { fillNumber, hasNumber } from './member-names.ts';
import { type Reading, read } from './reading.ts';
import type { Link } from './scenario.ts';

/** Of hosts that give their own watts; named models bring theirs (the same figures as in shared/cluster). */
const STANDBY_POWER_DEFAULT = '5W';
const WAKE_DELAY_DEFAULT = '10s';
const LINK_DEFAULTS = { latency: '100us', bandwidth: '1Gbit' } as const;

export function loadHosts(reading: Reading, groups: readonly HostGroup[]): readonly HostSpecification[] {
  const hosts = new Map<string, HostSpecification>();
  groups.forEach((group, index) => {
    const path = ['hosts', index] as const;
    if (!reading.isSound(path)) return;
    const count = group.count ?? 1;
    if (count > 1 && !hasNumber(group.name)) {
      reading.refuse([...path, 'name'], `${count} hosts need a number in their name`, `${group.name}-{n}`);
      return;
    }
    const power = loadPower(reading, group, index);
    for (let number = 1; number <= count; number++) {
      const host = fillNumber(group.name, number);
      if (hosts.has(host)) reading.refuse([...path, 'name'], `the host \`${host}\` is there already`);
      hosts.set(host, {
        host,
        cpus: group.cpus ?? 1,
        instructionsPerSecond: read('instructionRate', group.speed),
        memoryBytes: read('size', group.memory),
        power,
      });
    }
  });
  return [...hosts.values()];
}

function loadPower(reading: Reading, group: HostGroup, index: number): PowerModel {
  const { powerModels, defaultPowerModel } = reading.tables;
  const named = group.power ?? defaultPowerModel;
  const model = typeof named === 'string' ? powerModels.get(named) : undefined;
  if (model === undefined && typeof named === 'string') {
    reading.refuseName(['hosts', index, 'power'], 'power model', named, [...powerModels.keys()]);
  }
  const standbyWatts = read('power', group.standbyPower ?? STANDBY_POWER_DEFAULT);
  const wakeDelayNs = read('duration', group.wakeDelay ?? WAKE_DELAY_DEFAULT);
  return {
    watts: typeof named === 'string' ? [...(model?.watts ?? [])] : [...named.watts],
    standbyWatts: group.standbyPower === undefined ? (model?.standbyWatts ?? standbyWatts) : standbyWatts,
    wakeDelayNs: group.wakeDelay === undefined ? (model?.wakeDelayNs ?? wakeDelayNs) : wakeDelayNs,
  };
}

export function loadLinks(
  reading: Reading,
  links: ScenarioFile['links'],
  hosts: readonly HostSpecification[],
): { readonly link: Link; readonly links: Readonly<Record<string, Link>> } {
  const sound = reading.isSound(['links']) ? links : undefined;
  const link: Link = {
    latencyNs: read('duration', sound?.latency ?? LINK_DEFAULTS.latency),
    bitsPerSecond: read('bandwidth', sound?.bandwidth ?? LINK_DEFAULTS.bandwidth),
  };
  const own: Record<string, Link> = {};
  const names = hosts.map((host) => host.host);
  for (const [index, entry] of (sound?.hosts ?? []).entries()) {
    const path = ['links', 'hosts', index, 'host'];
    if (!names.includes(entry.host)) reading.refuseName(path, 'host', entry.host, names);
    if (Object.hasOwn(own, entry.host)) reading.refuse(path, `the link of \`${entry.host}\` is given twice`);
    own[entry.host] = {
      latencyNs: entry.latency === undefined ? link.latencyNs : read('duration', entry.latency),
      bitsPerSecond: entry.bandwidth === undefined ? link.bitsPerSecond : read('bandwidth', entry.bandwidth),
    };
  }
  return { link, links: own };
}
