// Where tests find the PlanetLab traces, which the project does not ship: in the directory that LIGHTSOUT_PLANETLAB names, or in
// ../shared/data/planetlab beside the checkout. Days lie there as directories (20110303/…) or as archives (20110303.tar.xz) that
// `tar` and `xz` unpack into a temporary folder. Where there are none, tests that need them skip, also in CI, with one line.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { orderTraces, parsePlanetLabFile, parseTraceOrder, type TraceSet, traceSetOf } from '../mod.ts';

const BESIDE_CHECKOUT = fileURLToPath(new URL('../../../../shared/data/planetlab', import.meta.url));
const GOLDEN = 'golden-20110303-lr-mmt-1.2.tsv';
const MAX_GOLDEN_BYTES = 16 * 1024 * 1024;

export class PlanetLabDays {
  readonly #path: string;
  readonly #unpacked = mkdtempSync(join(tmpdir(), 'lightsout-planetlab-'));

  constructor(path: string) {
    this.#path = path;
  }

  traces(day: string, order = 'sorted'): TraceSet {
    const path = this.#dayPath(day);
    const traces = readdirSync(path).map((name) =>
      parsePlanetLabFile(name, readFileSync(join(path, name), 'latin1'), name),
    );
    return traceSetOf(orderTraces(traces, parseTraceOrder(order)));
  }

  /** What CloudSim 3.0.3 itself wrote. */
  golden(): string {
    const path = join(this.#path, GOLDEN);
    if (existsSync(path)) return readFileSync(path, 'latin1');
    return unpack('xz', ['-dc', `${path}.xz`]);
  }

  remove(): void {
    rmSync(this.#unpacked, { recursive: true, force: true });
  }

  #dayPath(day: string): string {
    const extracted = join(this.#path, day);
    if (existsSync(extracted)) return extracted;
    const unpacked = join(this.#unpacked, day);
    if (!existsSync(unpacked)) unpack('tar', ['-xJf', join(this.#path, `${day}.tar.xz`), '-C', this.#unpacked]);
    return unpacked;
  }
}

/** Null where there are no traces, after a line that says so. */
export function findPlanetLabDays(): PlanetLabDays | null {
  const path = process.env['LIGHTSOUT_PLANETLAB'] ?? BESIDE_CHECKOUT;
  if (existsSync(path)) return new PlanetLabDays(path);
  process.stderr.write(
    'skipped: comparisons with CloudSim need PlanetLab traces; set LIGHTSOUT_PLANETLAB (docs/cloudsim.md)\n',
  );
  return null;
}

function unpack(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'latin1',
    maxBuffer: MAX_GOLDEN_BYTES,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
  return stdout;
}
