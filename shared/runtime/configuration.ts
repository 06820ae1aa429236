// What a program is told by its environment, read once in its main.ts: names, kinds, limits and defaults in one place, and all
// that is wrong in one message, so that nobody mends a deployment one variable at a time.

import { runtimeErrors } from './errors.ts';

export interface Setting<T> {
  readonly variable: string;
  readonly fallback: T | undefined;
  readonly required: boolean;
  /** Throws a plain Error that says what is expected. */
  parse(text: string): T;
}

type Values<S> = { readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never };

export interface NumberLimits {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly whole?: boolean;
}

/** Without a fallback the variable is required. */
export function textSetting(variable: string, fallback?: string): Setting<string> {
  return { variable, fallback, required: fallback === undefined, parse: (text) => text };
}

export function optionalTextSetting(variable: string): Setting<string | undefined> {
  return { variable, fallback: undefined, required: false, parse: (text) => text };
}

export function numberSetting(variable: string, fallback?: number, limits: NumberLimits = {}): Setting<number> {
  const { minimum = -Infinity, maximum = Infinity, whole = false } = limits;
  const kind = whole ? 'a whole number' : 'a number';
  return {
    variable,
    fallback,
    required: fallback === undefined,
    parse(text) {
      const value = Number(text);
      if (!Number.isFinite(value) || (whole && !Number.isInteger(value))) throw new Error(`${kind} is expected`);
      if (value < minimum || value > maximum) throw new Error(`${kind} from ${minimum} to ${maximum} is expected`);
      return value;
    },
  };
}

export function booleanSetting(variable: string, fallback: boolean): Setting<boolean> {
  return {
    variable,
    fallback,
    required: false,
    parse(text) {
      if (['1', 'true', 'yes', 'on'].includes(text)) return true;
      if (['0', 'false', 'no', 'off'].includes(text)) return false;
      throw new Error('true or false is expected');
    },
  };
}

export function choiceSetting<const C extends string>(
  variable: string,
  choices: readonly C[],
  fallback?: NoInfer<C>,
): Setting<C> {
  return {
    variable,
    fallback,
    required: fallback === undefined,
    parse(text) {
      const choice = choices.find((candidate) => candidate === text);
      if (choice === undefined) throw new Error(`one of ${choices.join(', ')} is expected`);
      return choice;
    },
  };
}

/** An empty variable counts as not set. Throws RUNTIME_CONFIGURATION with every problem found. */
export function readConfiguration<const S extends Readonly<Record<string, Setting<unknown>>>>(
  environment: Readonly<Record<string, string | undefined>>,
  settings: S,
): Values<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const text = environment[setting.variable]?.trim() ?? '';
    if (text === '') {
      if (setting.required) problems.push(`${setting.variable} is not set`);
      values[name] = setting.fallback;
      continue;
    }
    try {
      values[name] = setting.parse(text);
    } catch (error) {
      problems.push(`${setting.variable} is "${text}", but ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw runtimeErrors.create('RUNTIME_CONFIGURATION', { problems: problems.join('; ') });
  return values as Values<S>;
}
