// Which host takes a VM next, for a Placer: it says what each host has left, and asks for one with room. Which of those with room it is,
// is the placement algorithm.

export interface RoomIndex {
  /** Says what a host has left. Hosts that the index does not hold are ignored. */
  set(host: number, cpuLeft: number, memoryLeft: number): void;
  /** The preferred host with room that `accepts` (asked only for hosts with room), or NONE. */
  find(cpu: number, memoryBytes: number, accepts: (host: number) => boolean): number;
}
