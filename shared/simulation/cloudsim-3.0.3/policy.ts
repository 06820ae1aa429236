// The policies of CloudSim's PlanetLab experiments by name: `npa` (all hosts at full power), `dvfs` (placed once), and a detector with a
// selection, as in `lr-mmt`. Defaults are those of the runners in cloudsim-examples 3.0.3.

import { simulationErrors } from '../errors.ts';
import type { DetectorName } from './detectors.ts';
import type { SelectorName } from './selection.ts';

export type CloudSimPolicy =
  | { readonly kind: 'npa' | 'dvfs'; readonly name: string }
  | {
      readonly kind: 'migrate';
      readonly name: string;
      readonly detector: DetectorName;
      readonly selector: SelectorName;
      /** THR: the threshold; otherwise how careful the detector is. */
      readonly parameter: number;
      readonly chargeWake: boolean;
      /** Of the random selection. */
      readonly seed: number;
    };

const DEFAULT_PARAMETERS: Readonly<Record<DetectorName, number>> = { thr: 0.8, iqr: 1.5, mad: 2.5, lr: 1.2, lrr: 1.2 };
const SELECTORS: readonly SelectorName[] = ['mmt', 'mc', 'mu', 'rs'];

export const CLOUDSIM_POLICY_NAMES: readonly string[] = [
  'npa',
  'dvfs',
  ...Object.keys(DEFAULT_PARAMETERS).flatMap((detector) => SELECTORS.map((selector) => `${detector}-${selector}`)),
];

/** Throws SIMULATION_BAD_POLICY and SIMULATION_BAD_ARGUMENT; `parameters` are texts as on a command line. */
export function parseCloudSimPolicy(name: string, parameters: ReadonlyMap<string, string>): CloudSimPolicy {
  if (!CLOUDSIM_POLICY_NAMES.includes(name)) {
    throw simulationErrors.create('SIMULATION_BAD_POLICY', { name, known: CLOUDSIM_POLICY_NAMES.join(', ') });
  }
  const [first, selector] = name.split('-') as [string, SelectorName | undefined];
  if (selector === undefined) {
    refuseUnknown(name, parameters, []);
    return { kind: first as 'npa' | 'dvfs', name };
  }
  const detector = first as DetectorName;
  refuseUnknown(name, parameters, ['parameter', 'chargeWake', ...(selector === 'rs' ? ['seed'] : [])]);
  return {
    ...{ kind: 'migrate', name, detector, selector },
    parameter: number(parameters, 'parameter', DEFAULT_PARAMETERS[detector], (value) => value >= 0),
    chargeWake: truth(parameters, 'chargeWake'),
    seed: number(parameters, 'seed', 1, Number.isSafeInteger),
  };
}

function refuseUnknown(policy: string, parameters: ReadonlyMap<string, string>, known: readonly string[]): void {
  for (const argument of parameters.keys()) {
    if (known.includes(argument)) continue;
    const problem = known.length === 0 ? `${policy} takes none` : `${policy} takes ${known.join(', ')}`;
    throw simulationErrors.create('SIMULATION_BAD_ARGUMENT', { argument, problem });
  }
}

function number(
  parameters: ReadonlyMap<string, string>,
  argument: string,
  preset: number,
  isRight: (value: number) => boolean,
): number {
  const text = parameters.get(argument);
  if (text === undefined) return preset;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0 && isRight(value)) return value;
  const problem = `it is "${text}", but a ${argument === 'seed' ? 'whole ' : ''}number from 0 is expected`;
  throw simulationErrors.create('SIMULATION_BAD_ARGUMENT', { argument, problem });
}

function truth(parameters: ReadonlyMap<string, string>, argument: string): boolean {
  const text = parameters.get(argument) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  const problem = `it is "${text}", but true or false is expected`;
  throw simulationErrors.create('SIMULATION_BAD_ARGUMENT', { argument, problem });
}
