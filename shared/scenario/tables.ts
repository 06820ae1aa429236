// What a scenario file may name and this folder does not know: power models, policies and their arguments, guest images. Whoever
// loads a file gives the tables of the cluster at hand.

import type { PowerModel } from '../protocol/mod.ts';
import type { Schema } from './schema-check.ts';

export interface PolicyTableEntry {
  readonly summary: string;
  /** Of its arguments. */
  readonly schema: Schema;
  /** What the schema cannot say: the problem with arguments that follow it, if there is one. */
  readonly check: (given: Readonly<Record<string, unknown>>) => string | undefined;
}

/** A policy that a user wrote, loaded for the scenario that names it. */
export interface PolicyFileEntry extends PolicyTableEntry {
  readonly name: string;
  /** As the scenario file says it. */
  readonly file: string;
  /** Where it is. */
  readonly path: string;
}

export interface ScenarioTables {
  readonly powerModels: ReadonlyMap<string, PowerModel>;
  /** The model of hosts that name none. */
  readonly defaultPowerModel: string;
  readonly policies: ReadonlyMap<string, PolicyTableEntry>;
  readonly defaultPolicy: string;
  /** The policy of the file that the scenario names, if whoever loads the scenario has loaded that. */
  readonly policyFile?: PolicyFileEntry;
  /** Guest images at hand; undefined when that is not known here. */
  readonly images?: readonly string[];
}
