// A service's own small files: what a host must remember when the store forgets, and the files of a run. Paths are relative,
// with `/`; none may leave the root.

export interface LocalDisk {
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Whole or not at all, and on the medium when it resolves (write aside, fsync, rename). */
  writeAtomically(path: string, content: Uint8Array): Promise<void>;
  /** Adds at the end; order is that of the calls. */
  append(path: string, content: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Names in a folder, ascending; empty when there is no such folder. */
  list(path: string): Promise<readonly string[]>;
}
