// What can be said about how demand is foreseen.

import { type Static, Type } from '@sinclair/typebox';

/** Policies differ in the forecast that suits them. */
export function forecastArguments(
  usual: 'last' | 'maximum' | 'ewma',
  usualSteal: 'always' | 'when-saturated' = 'always',
) {
  return Type.Object({
    forecast: Type.Union([Type.Literal('last'), Type.Literal('maximum'), Type.Literal('ewma')], {
      default: usual,
      description: 'A VM is expected to ask for its last demand, the most of the last intervals, or a moving average.',
    }),
    forecastIntervals: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 3,
      description: 'With `maximum`: over how many intervals.',
    }),
    forecastAlpha: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'With `ewma`: the weight of the newest demand.',
    }),
    countSteal: Type.Union([Type.Literal('always'), Type.Literal('when-saturated')], {
      default: usualSteal,
      description:
        'Whether time that a VM waited for a CPU is demand at all times, or only where the host had no idle time: guests that ' +
        'make up later for what they missed wait for each other on hosts that are far from full.',
    }),
    newVmCpus: Type.Number({
      minimum: 0,
      maximum: 64,
      default: 0.5,
      description: 'CPUs that a VM is expected to ask for before it was ever measured.',
    }),
  });
}

export const ForecastArguments = forecastArguments('maximum');
export type ForecastArguments = Static<typeof ForecastArguments>;
