// What a policy is: a pure function from what is seen, what it remembers, and its arguments, to a decision and what it remembers next.
// Memory is handed over: after `decide` only the memory that it returned may be used, so that columns of it can be changed
// in place. A policy never writes to the state and knows no clock but `state.timeNs`.

import type { Static, TObject } from '@sinclair/typebox';
import type { ClusterState } from '../cluster/mod.ts';
import type { Random } from '../runtime/mod.ts';
import type { Action } from './action.ts';
import { checkArguments } from './arguments.ts';

export interface Decision<Memory> {
  readonly actions: readonly Action[];
  readonly memory: Memory;
}

export interface PolicyDefinition<Schema extends TObject, Memory> {
  readonly name: string;
  /** One sentence for a list of policies. */
  readonly summary: string;
  /** JSON Schema of the arguments, with defaults and descriptions. */
  readonly schema: Schema;
  /** What the schema cannot say: the problem with some fields together, if there is one. */
  check?(parameters: Static<Schema>): { readonly field: string; readonly problem: string } | undefined;
  /** Memory of one that has seen nothing. */
  begin(): Memory;
  decide(state: ClusterState, memory: Memory, parameters: Static<Schema>, random: Random): Decision<Memory>;
}

/** A policy whose arguments are checked and filled in: what a scheduler holds. Only the policy knows what is in its memory. */
export interface Policy {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  begin(): unknown;
  decide(state: ClusterState, memory: unknown, random: Random): Decision<unknown>;
}

/** A definition whose types are settled inside, so that a table can hold many. */
export interface PolicyEntry {
  readonly name: string;
  readonly summary: string;
  readonly schema: TObject;
  /** Throws POLICY_BAD_ARGUMENT. */
  prepare(parameters: Readonly<Record<string, unknown>>): Policy;
}

export function policyEntry<Schema extends TObject, Memory>(definition: PolicyDefinition<Schema, Memory>): PolicyEntry {
  const { name, summary, schema } = definition;
  return {
    name,
    summary,
    schema,
    prepare(given) {
      const parameters = checkArguments(definition, given);
      return {
        name,
        parameters: parameters as Readonly<Record<string, unknown>>,
        begin: () => definition.begin(),
        // The memory comes from `begin` or from the last decision of this same policy; nobody else can make one.
        decide: (state, memory, random) => definition.decide(state, memory as Memory, parameters, random),
      };
    },
  };
}
