// A node's own files in a replay. They outlive a crash of the node; what a call has resolved for is on the medium, and a call cut
// short by a crash may have happened or not, as on a real disk.

import { copyBytes } from '../bytes.ts';
import { pathParts } from '../names.ts';
import type { LocalDisk } from '../ports/local-disk.ts';

export class MemoryDisk implements LocalDisk {
  /** Each file as the parts that were appended. */
  readonly #files = new Map<string, Uint8Array[]>();

  async read(path: string): Promise<Uint8Array | undefined> {
    const parts = this.#files.get(key(path));
    return parts === undefined ? undefined : Uint8Array.from(Buffer.concat(parts));
  }

  async writeAtomically(path: string, content: Uint8Array): Promise<void> {
    this.#files.set(key(path), [copyBytes(content)]);
  }

  async append(path: string, content: Uint8Array): Promise<void> {
    const parts = this.#files.get(key(path));
    if (parts === undefined) this.#files.set(key(path), [copyBytes(content)]);
    else parts.push(copyBytes(content));
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(key(path));
  }

  async list(path: string): Promise<readonly string[]> {
    const prefix = path === '' ? '' : `${key(path)}/`;
    const names = new Set<string>();
    for (const file of this.#files.keys()) {
      if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split('/')[0]!);
    }
    return [...names].sort();
  }
}

function key(path: string): string {
  return pathParts(path).join('/');
}
