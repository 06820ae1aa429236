// Quantities as people write them (`64MiB`, `5s`, `1Gbit`, `2MIPS`, `35%`) to numbers in base units and back. Arithmetic is exact:
// a quantity that is no whole number of nanoseconds, bytes, bits or instructions is refused instead of rounded, so that
// a file means the same on every machine.

import { nearest } from './spelling.ts';

export type Unit = 'duration' | 'size' | 'bandwidth' | 'instructionRate' | 'fraction' | 'power';

interface UnitTable {
  readonly what: string;
  readonly examples: readonly string[];
  /** Base units per unit. Fractions and watts keep their decimals. */
  readonly factors: Readonly<Record<string, bigint>>;
  readonly whole: string | undefined;
}

export const units: Readonly<Record<Unit, UnitTable>> = {
  duration: {
    what: 'a duration',
    examples: ['5s', '200us', '1m30s'],
    factors: {
      ns: 1n,
      us: 1_000n,
      µs: 1_000n,
      ms: 1_000_000n,
      s: 1_000_000_000n,
      m: 60_000_000_000n,
      h: 3_600_000_000_000n,
      d: 86_400_000_000_000n,
    },
    whole: 'nanoseconds',
  },
  size: {
    what: 'a size',
    examples: ['64MiB', '1GiB'],
    factors: {
      B: 1n,
      KiB: 1n << 10n,
      MiB: 1n << 20n,
      GiB: 1n << 30n,
      TiB: 1n << 40n,
      kB: 1_000n,
      MB: 1_000_000n,
      GB: 1_000_000_000n,
    },
    whole: 'bytes',
  },
  bandwidth: {
    what: 'a bandwidth',
    examples: ['1Gbit', '100Mbit', '10MiB/s'],
    factors: {
      bit: 1n,
      kbit: 1_000n,
      Mbit: 1_000_000n,
      Gbit: 1_000_000_000n,
      'bit/s': 1n,
      'kbit/s': 1_000n,
      'Mbit/s': 1_000_000n,
      'Gbit/s': 1_000_000_000n,
      'KiB/s': 8n << 10n,
      'MiB/s': 8n << 20n,
      'GiB/s': 8n << 30n,
    },
    whole: 'bits per second',
  },
  instructionRate: {
    what: 'a speed in instructions per second',
    examples: ['2MIPS', '500kIPS'],
    factors: { IPS: 1n, kIPS: 1_000n, MIPS: 1_000_000n, GIPS: 1_000_000_000n },
    whole: 'instructions per second',
  },
  fraction: { what: 'a percentage', examples: ['35%', '0.35'], factors: { '%': 1n }, whole: undefined },
  power: { what: 'a power', examples: ['10W', '1.2kW'], factors: { W: 1n, kW: 1_000n }, whole: undefined },
};

export type Quantity =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly suggestion?: string };

const PART = /^(\d+(?:\.\d+)?)\s*([A-Za-zµ%/]+)/u;
/** What people write instead of our spelling. */
const ALIASES: Readonly<Partial<Record<Unit, Readonly<Record<string, string>>>>> = {
  duration: {
    sec: 's',
    secs: 's',
    second: 's',
    seconds: 's',
    min: 'm',
    mins: 'm',
    minute: 'm',
    minutes: 'm',
    hour: 'h',
    hours: 'h',
    hr: 'h',
    msec: 'ms',
    usec: 'us',
    day: 'd',
    days: 'd',
  },
  size: { K: 'KiB', M: 'MiB', G: 'GiB', KB: 'KiB', Mb: 'MB', Gb: 'GB', k: 'KiB', g: 'GiB' },
  bandwidth: {
    Gbps: 'Gbit',
    Mbps: 'Mbit',
    kbps: 'kbit',
    G: 'Gbit',
    M: 'Mbit',
    Gb: 'Gbit',
    Mb: 'Mbit',
    'MB/s': 'MiB/s',
    bps: 'bit',
  },
  power: { watt: 'W', watts: 'W', w: 'W' },
};

/** Parses what a file says: a string with a unit, a bare zero, or for fractions a number from 0 to 1. */
export function parseQuantity(unit: Unit, raw: unknown): Quantity {
  const table = units[unit];
  const expected = `expected ${table.what} such as ${table.examples.join(' or ')}`;
  if (typeof raw === 'number') return parseBare(unit, raw, expected);
  if (typeof raw !== 'string') return { ok: false, message: expected };
  const text = raw.trim();
  if (text === '0') return { ok: true, value: 0 };
  if (unit === 'fraction' && /^\d+(\.\d+)?$/.test(text)) return parseBare(unit, Number(text), expected);
  let rest = text;
  let total = 0;
  let previous: bigint | undefined;
  do {
    const part = PART.exec(rest);
    if (part === null) return { ok: false, message: expected };
    const number = part[1]!;
    const name = part[2]!;
    const factor = Object.hasOwn(table.factors, name) ? table.factors[name]! : undefined;
    if (factor === undefined) return unknownUnit(unit, number, name, expected, rest === text && part[0] === rest);
    if (previous !== undefined && factor >= previous) {
      return { ok: false, message: `${expected}, larger units first` };
    }
    const value = scale(table, number, factor);
    if (value === undefined) return { ok: false, message: `"${part[0]}" is not a whole number of ${table.whole}` };
    total += value;
    previous = factor;
    rest = rest.slice(part[0].length);
    if (rest !== '' && unit !== 'duration') return { ok: false, message: expected };
  } while (rest !== '');
  if (!Number.isFinite(total) || (table.whole !== undefined && !Number.isSafeInteger(total))) {
    return { ok: false, message: `"${text}" is more than can be counted in ${table.whole ?? 'watts'}` };
  }
  return { ok: true, value: total };
}

function parseBare(unit: Unit, raw: number, expected: string): Quantity {
  if (raw === 0) return { ok: true, value: 0 };
  if (unit === 'fraction' && raw > 0 && raw <= 1) return { ok: true, value: raw };
  if (unit === 'fraction' && raw > 1 && raw <= 100) return { ok: false, message: expected, suggestion: `${raw}%` };
  const unitNames = Object.keys(units[unit].factors).join(', ');
  return { ok: false, message: `${expected}; a number needs its unit (${unitNames})` };
}

function unknownUnit(unit: Unit, number: string, name: string, expected: string, single: boolean): Quantity {
  const names = Object.keys(units[unit].factors);
  const alias = ALIASES[unit]?.[name];
  const near = alias ?? names.find((each) => each.toLowerCase() === name.toLowerCase()) ?? nearest(name, names);
  const message = `"${name}" is not a unit here; ${expected}`;
  return near !== undefined && single ? { ok: false, message, suggestion: `${number}${near}` } : { ok: false, message };
}

function scale(table: UnitTable, number: string, factor: bigint): number | undefined {
  if (table.whole === undefined)
    return factor === 1n && '%' in table.factors ? Number(number) / 100 : Number(number) * Number(factor);
  const [integer, decimals = ''] = number.split('.');
  const scaled = BigInt(integer! + decimals) * factor;
  const divisor = 10n ** BigInt(decimals.length);
  return scaled % divisor === 0n ? Number(scaled / divisor) : undefined;
}

/** The shortest exact spelling: `parseQuantity(unit, formatQuantity(unit, value))` is `value`. */
export function formatQuantity(unit: Unit, value: number): string {
  switch (unit) {
    case 'duration':
      return formatExactDuration(value);
    case 'size':
      return formatWhole(value, ['GiB', 'MiB', 'KiB', 'B'], units.size);
    case 'bandwidth':
      return formatWhole(value, ['Gbit', 'Mbit', 'kbit', 'bit'], units.bandwidth);
    case 'instructionRate':
      return formatWhole(value, ['GIPS', 'MIPS', 'kIPS', 'IPS'], units.instructionRate);
    case 'fraction':
      return String(value);
    case 'power':
      return `${value}W`;
  }
}

function formatWhole(value: number, names: readonly string[], table: UnitTable): string {
  const whole = BigInt(value);
  for (const name of names) {
    const factor = table.factors[name]!;
    if (whole !== 0n && whole % factor === 0n) return `${whole / factor}${name}`;
  }
  return `${whole}${names.at(-1)}`;
}

function formatExactDuration(valueNs: number): string {
  if (valueNs === 0) return '0s';
  let rest = BigInt(valueNs);
  let text = '';
  for (const name of ['h', 'm', 's', 'ms', 'us', 'ns']) {
    const factor = units.duration.factors[name]!;
    if (rest >= factor) {
      text += `${rest / factor}${name}`;
      rest %= factor;
    }
  }
  return text;
}
