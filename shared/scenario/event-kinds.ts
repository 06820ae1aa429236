// The kinds of events and their fields, read from the schema in shared/protocol, so that expectations about events are checked
// against what services really say.

import { ClusterEvent, type EventKind } from '../protocol/mod.ts';

interface SchemaNode {
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

const members = ClusterEvent.anyOf as readonly SchemaNode[];

export const clusterEventKinds = members.map((member) => member.properties?.['kind']?.const as EventKind);

/** Dotted paths of an event's fields: `vm`, `report.outcome`. */
export function fieldsOfEvent(kind: EventKind): readonly string[] {
  const member = members[clusterEventKinds.indexOf(kind)];
  return fieldPaths(member ?? {}, '');
}

function fieldPaths(node: SchemaNode, prefix: string): readonly string[] {
  return Object.entries(node.properties ?? {}).flatMap(([field, child]) =>
    child.properties === undefined ? [prefix + field] : fieldPaths(child, `${prefix}${field}.`),
  );
}
