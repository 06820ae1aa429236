// The one assertion of the machine: a bug, never the world. node:assert would be an import from outside.

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`bug in the machine: ${message}`);
}
