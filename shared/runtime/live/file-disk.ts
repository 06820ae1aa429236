// Local disk in a folder. Files are replaced by writing aside, fsync, rename and fsync of the folder, so a reader sees the old or the new
// one whole whatever crashes (pillai et al., "All file systems are not created equal", OSDI 2014). Appends are synced too.

import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyBytes } from '../bytes.ts';
import { runtimeErrors } from '../errors.ts';
import { pathParts } from '../names.ts';
import type { LocalDisk } from '../ports/local-disk.ts';

/** Left over by a crash in the middle of a write; never listed. */
const ASIDE = '.aside-';

export class FileDisk implements LocalDisk {
  readonly #root: string;
  /** The last change of each file: they run one after the other. */
  readonly #changes = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.#root = root;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const file = this.#file(path);
    await this.#changes.get(file);
    return attempt(path, 'read', undefined, async () => Uint8Array.from(await readFile(file)));
  }

  async writeAtomically(path: string, content: Uint8Array): Promise<void> {
    const copy = copyBytes(content);
    await this.#change(path, 'written', async (file) => {
      const aside = join(dirname(file), `${ASIDE}${randomUUID()}`);
      await this.#makeFolder(dirname(file));
      try {
        await writeSynced(aside, 'wx', copy);
        await rename(aside, file);
      } catch (error) {
        await rm(aside, { force: true });
        throw error;
      }
      await syncFolder(dirname(file));
    });
  }

  async append(path: string, content: Uint8Array): Promise<void> {
    const copy = copyBytes(content);
    await this.#change(path, 'extended', async (file) => {
      await this.#makeFolder(dirname(file));
      await writeSynced(file, 'a', copy);
      await syncFolder(dirname(file));
    });
  }

  async remove(path: string): Promise<void> {
    await this.#change(path, 'removed', (file) => rm(file, { force: true }));
  }

  async list(path: string): Promise<readonly string[]> {
    const folder = path === '' ? this.#root : this.#file(path);
    const names = await attempt(path, 'listed', [], () => readdir(folder));
    return names.filter((name) => !name.startsWith(ASIDE)).sort();
  }

  #file(path: string): string {
    return join(this.#root, ...pathParts(path));
  }

  /** Makes the folder, and its entry in the one above durable. */
  async #makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true });
    if (first !== undefined) await syncFolder(dirname(first));
  }

  async #change(path: string, verb: string, act: (file: string) => Promise<void>): Promise<void> {
    const file = this.#file(path);
    const before = this.#changes.get(file) ?? Promise.resolve();
    const change = before.then(() => attempt(path, verb, undefined, () => act(file)));
    // The next change does not care how this one ended; its caller does.
    const settled = Promise.allSettled([change]).then(() => undefined);
    this.#changes.set(file, settled);
    try {
      await change;
    } finally {
      if (this.#changes.get(file) === settled) this.#changes.delete(file);
    }
  }
}

async function attempt<T>(path: string, verb: string, whenMissing: T, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && (verb === 'read' || verb === 'listed')) return whenMissing;
    throw runtimeErrors.create('RUNTIME_DISK', { path, verb, reason: message }, error);
  }
}

async function writeSynced(file: string, flags: 'wx' | 'a', content: Uint8Array): Promise<void> {
  const handle = await open(file, flags);
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
