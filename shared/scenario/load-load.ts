// Load over time, as files say it and as the conductor types it.

import type { LoadInFile } from './file-schema.ts';
import { type Reading, read } from './reading.ts';
import { resolveVms } from './resolve-vms.ts';
import type { Curve, Load } from './scenario.ts';
import type { Path } from './yaml-source.ts';

const EVERY_DEFAULT = '10s';
const SHAPES = ['steps', 'ramp', 'sine', 'day'] as const;

export function loadLoad(reading: Reading, items: readonly LoadInFile[], vms: readonly string[]): readonly Load[] {
  const loads: Load[] = [];
  items.forEach((item, index) => {
    const path = ['load', index] as const;
    if (!reading.isSound(path)) return;
    const given = SHAPES.filter((shape) => item[shape] !== undefined);
    if (given.length !== 1) {
      const found = given.length === 0 ? 'none' : given.join(' and ');
      reading.refuseKey([...path, given[1] ?? 'vms'], `expected exactly one of ${SHAPES.join(', ')}; found ${found}`);
      return;
    }
    if (!item.line.includes('{value}')) {
      reading.refuse([...path, 'line'], 'expected `{value}` in the line, where the value goes', `${item.line} {value}`);
    }
    const repeats = item.repeat !== undefined;
    if (repeats && item.steps === undefined && item.ramp === undefined) {
      reading.refuseKey([...path, 'repeat'], `a ${given[0]} repeats by itself; leave \`repeat\` out`);
    }
    loads.push({
      vms: resolveVms(reading, [...path, 'vms'], item.vms, vms),
      line: item.line,
      curve: loadCurve(reading, path, item),
      repeat:
        item.repeat === undefined
          ? null
          : { everyNs: read('duration', item.repeat.every), times: item.repeat.times ?? null },
      staggerNs: read('duration', item.stagger ?? 0),
      noise: read('fraction', item.noise ?? 0),
    });
  });
  return loads;
}

function loadCurve(reading: Reading, path: Path, item: LoadInFile): Curve {
  const everyNs = (every: string | number | undefined) => read('duration', every ?? EVERY_DEFAULT);
  if (item.steps !== undefined) {
    const steps = item.steps.map((step) => ({ atNs: read('duration', step.at), value: step.value }));
    steps.forEach((step, index) => {
      if (index > 0 && step.atNs <= steps[index - 1]!.atNs) {
        reading.refuse([...path, 'steps', index, 'at'], 'expected a later time than that of the step before');
      }
    });
    return { kind: 'steps', steps };
  }
  if (item.ramp !== undefined) {
    const { from, to, start, end, every } = item.ramp;
    const startNs = read('duration', start ?? 0);
    const endNs = read('duration', end);
    if (endNs <= startNs) reading.refuse([...path, 'ramp', 'end'], 'expected a later time than `start`');
    return { kind: 'ramp', from, to, startNs, endNs, everyNs: everyNs(every) };
  }
  if (item.sine !== undefined) {
    const { mean, amplitude, period, phase, every } = item.sine;
    return {
      kind: 'sine',
      mean,
      amplitude,
      periodNs: read('duration', period),
      phaseNs: read('duration', phase ?? 0),
      everyNs: everyNs(every),
    };
  }
  const { low, high, length, peak, every } = item.day!;
  const lengthNs = read('duration', length);
  const peakNs = peak === undefined ? Math.floor(lengthNs / 2) : read('duration', peak);
  return { kind: 'day', low, high, lengthNs, peakNs, everyNs: everyNs(every) };
}
