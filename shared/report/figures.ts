// Numbers as people read them: three digits that matter, units last.

import { joulesToKilowattHours } from '../cluster/mod.ts';

const MIB = 2 ** 20;

/** `4.21`, `38.5`, `412`. */
export function threeDigits(value: number): string {
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  return value.toFixed(digits);
}

export function mebibytes(bytes: number): string {
  return threeDigits(bytes / MIB);
}

export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

/** `812 J`, `64.2 kJ (0.0178 kWh)`. */
export function energy(joules: number): string {
  if (joules < 1000) return `${threeDigits(joules)} J`;
  const kilowattHours = joulesToKilowattHours(joules);
  const text = kilowattHours >= 1 ? threeDigits(kilowattHours) : kilowattHours.toPrecision(3);
  return `${threeDigits(joules / 1000)} kJ (${text} kWh)`;
}

/** `0:05`, `12:40`, `1:02:03`. */
export function clockTime(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `10m`, `1h 30m`, `45s`. */
export function span(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  const text = parts.filter(([value]) => value > 0).map(([value, unit]) => `${value}${unit}`);
  return text.length === 0 ? `${Math.round(milliseconds)}ms` : text.join(' ');
}
