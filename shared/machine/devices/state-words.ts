// Checks that the devices' `persist.ts` files share: a saved state comes over a network and is not to be trusted, so each word
// that later serves as an index, a count or a set of bits is held against its range before a device is made over it.

/** Says what is wrong when the word at `offset` is above `limit`. */
export function wordAbove(
  view: DataView,
  base: number,
  offset: number,
  limit: number,
  name: string,
): string | undefined {
  const value = view.getUint32(base + offset, true);
  return value > limit ? `${name} is ${value}, at most ${limit} is possible` : undefined;
}

/** Says what is wrong when the word at `offset` has bits outside of `mask`. */
export function wordOutside(
  view: DataView,
  base: number,
  offset: number,
  mask: number,
  name: string,
): string | undefined {
  const value = view.getUint32(base + offset, true);
  return (value & ~mask) !== 0 ? `${name} is 0x${value.toString(16)}, which has bits that do not exist` : undefined;
}

/** The first complaint of a list. */
export function firstOf(complaints: readonly (string | undefined)[]): string | undefined {
  return complaints.find((complaint) => complaint !== undefined);
}
