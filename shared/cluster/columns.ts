// What the columns of ClusterState have in common: typed arrays that grow by doubling, so that adding a million VMs costs twenty
// reallocations and a step costs none.

type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** No host, no VM: the end of a list, or a VM that is nowhere. */
export const NONE = -1;

/** The same values in a longer array; new places are `fill`. */
export function grown<C extends Column>(column: C, capacity: number, fill = 0): C {
  const longer = new (column.constructor as new (length: number) => C)(capacity);
  longer.set(column as never);
  if (fill !== 0) longer.fill(fill, column.length);
  return longer;
}

export function doubled(capacity: number, needed: number): number {
  let next = Math.max(capacity, 16);
  while (next < needed) next *= 2;
  return next;
}
