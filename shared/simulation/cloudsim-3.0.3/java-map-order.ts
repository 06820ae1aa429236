// The order in which Java's HashMap walks the keys "broker-vm" of CloudSim's maps of VMs. Sums over such a map are added in that order, and
// their last bits decide ties between hosts. By `String.hashCode` and `HashMap` of Java 8 and later: bucket by bucket, within a
// bucket by age (bins never grow to trees here). Only arithmetic, no code of either.

/** Entities are numbered from 0: the shutdown, the information service, then the broker. */
const BROKER_ID = 2;

/** The spread hash of every VM's key. */
export function mapHashes(vmCount: number): Int32Array {
  return Int32Array.from({ length: vmCount }, (_, vm) => {
    const key = `${BROKER_ID}-${vm}`;
    let hash = 0;
    for (let index = 0; index < key.length; index++) hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0;
    return hash ^ (hash >>> 16);
  });
}

/**
 * Fills `order` with the slots from `start` on, in the order of a map with so many buckets. A stable insertion sort, since
 * rows are short and the slots' own order is that of insertion.
 */
export function mapOrder(
  order: Int32Array,
  residents: Int32Array,
  start: number,
  count: number,
  hashes: Int32Array,
  buckets: number,
): void {
  const mask = buckets - 1;
  for (let index = 0; index < count; index++) {
    const slot = start + index;
    const bucket = hashes[residents[slot]!]! & mask;
    let place = index;
    while (place > 0 && (hashes[residents[order[place - 1]!]!]! & mask) > bucket) {
      order[place] = order[place - 1]!;
      place--;
    }
    order[place] = slot;
  }
}
