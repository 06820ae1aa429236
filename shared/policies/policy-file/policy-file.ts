// A policy that a user wrote: one TypeScript or JavaScript file that exports one object, a PolicyDefinition like those of this folder. Built-in
// policies are held by the compiler and by tests; of a file nothing is known, so its exports and every decision are checked,
// and what is wrong is said with the file, the field and what was expected.

import { pathToFileURL } from 'node:url';
import { policyErrors } from '../errors.ts';
import { type PolicyDefinition, type PolicyEntry, policyEntry } from '../policy.ts';
import { policies } from '../table.ts';
import { decisionProblem } from './decision-problem.ts';
import { type FieldProblem, schemaProblem } from './schema-problem.ts';

type Definition = PolicyDefinition<PolicyEntry['schema'], unknown>;

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Throws POLICY_FILE_UNREADABLE or POLICY_BAD_FILE. Node keeps what it has loaded: a changed file needs a new process. */
export async function loadPolicyFile(path: string): Promise<PolicyEntry> {
  const { href } = pathToFileURL(path);
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await import(/* @vite-ignore */ href);
  } catch (error) {
    throw policyErrors.create('POLICY_FILE_UNREADABLE', { file: path, reason: whyUnreadable(error, href) }, error);
  }
  return policyFromModule(path, exported);
}

/** Throws POLICY_BAD_FILE. */
export function policyFromModule(file: string, exported: Readonly<Record<string, unknown>>): PolicyEntry {
  const refuse = ({ field, problem }: FieldProblem, cause?: unknown): never => {
    throw policyErrors.create('POLICY_BAD_FILE', { file, field, problem }, cause);
  };
  const [name, ...others] = Object.keys(exported);
  if (name === undefined || others.length > 0) {
    const found = name === undefined ? 'nothing' : [name, ...others].join(', ');
    return refuse({ field: 'export', problem: `is ${found}, but exactly one object is expected: the policy` });
  }
  const problem = definitionProblem(exported[name], name);
  if (problem !== undefined) return refuse(problem);
  const entry = policyEntry(exported[name] as Definition);
  try {
    entry.prepare({});
  } catch (error) {
    return refuse({ field: 'schema', problem: `does not hold with its own defaults: ${messageOf(error)}` }, error);
  }
  return guarded(entry, file, refuse);
}

/** What the exported object lacks to be a policy. */
function definitionProblem(candidate: unknown, exportName: string): FieldProblem | undefined {
  if (typeof candidate !== 'object' || candidate === null) {
    return {
      field: `export "${exportName}"`,
      problem: `is ${shown(candidate)}, but an object is expected: the policy`,
    };
  }
  const { name, summary, schema, begin, decide, check } = candidate as Record<string, unknown>;
  if (typeof name !== 'string' || !NAME.test(name)) {
    return { field: 'name', problem: `is ${shown(name)}, but small letters, digits and dashes are expected` };
  }
  if (policies.has(name)) return { field: 'name', problem: `is "${name}", which is a built-in policy; choose another` };
  if (typeof summary !== 'string' || summary === '') {
    return { field: 'summary', problem: `is ${shown(summary)}, but a sentence is expected: what the policy does` };
  }
  const problem = schemaProblem(schema);
  if (problem !== undefined) return problem;
  for (const [field, value] of Object.entries({ begin, decide })) {
    if (typeof value !== 'function') return { field, problem: `is ${shown(value)}, but a function is expected` };
  }
  if (check === undefined || typeof check === 'function') return undefined;
  return { field: 'check', problem: `is ${shown(check)}, but a function is expected, or nothing` };
}

/** The same policy; what it throws or answers wrongly becomes POLICY_BAD_FILE. */
function guarded(
  entry: PolicyEntry,
  file: string,
  refuse: (problem: FieldProblem, cause?: unknown) => never,
): PolicyEntry {
  const called = <T>(field: string, call: () => T): T => {
    try {
      return call();
    } catch (error) {
      return refuse({ field, problem: `threw: ${messageOf(error)}${placeIn(error, file)}` }, error);
    }
  };
  return {
    ...entry,
    prepare(given) {
      const policy = entry.prepare(given);
      return {
        ...policy,
        begin: () => called('begin', () => policy.begin()),
        decide(state, memory, random) {
          const decision = called('decide', () => policy.decide(state, memory, random));
          const problem = decisionProblem(decision, state);
          return problem === undefined ? decision : refuse(problem);
        },
      };
    },
  };
}

function whyUnreadable(error: unknown, href: string): string {
  const { code, url } = error as { readonly code?: string; readonly url?: string };
  if (code === 'ERR_MODULE_NOT_FOUND' && url === href) return 'there is no such file';
  // Of a syntax error, Node says the place at the head of the stack and nowhere else.
  const place = error instanceof SyntaxError ? error.stack?.split('\n')[0]?.match(/:(\d+)$/)?.[1] : undefined;
  return place === undefined ? messageOf(error) : `${messageOf(error)} (line ${place})`;
}

function placeIn(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const place = stack.split(pathToFileURL(file).href)[1]?.match(/^:(\d+)/);
  return place?.[1] === undefined ? '' : ` (line ${place[1]})`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
}
