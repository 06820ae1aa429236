// The process that replays a scenario for the command line. The request is one line on standard input; progress and result are lines on
// standard output (shared/scenario/replay-wire.ts). When standard input ends the parent is gone, or has all it wants.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { RunFolder } from '../../shared/report/mod.ts';
import { FileDisk } from '../../shared/runtime/live/mod.ts';
import { MemoryDisk } from '../../shared/runtime/memory/mod.ts';
import { CodedError, type LocalDisk } from '../../shared/runtime/mod.ts';
import type { Progress, ReplayMessage, ReplayRequest, ScenarioResult } from '../../shared/scenario/mod.ts';
import { replayScenario } from './mod.ts';

const IMAGE_SUFFIX = '.elf';
/** Chosen: often enough for eyes. */
const PROGRESS_INTERVAL_MS = 100;

const lines = createInterface({ input: process.stdin });
let isFirst = true;
lines.on('line', (line) => {
  if (!isFirst) return;
  isFirst = false;
  // The parent is ours and of the same checkout: what it sends has been checked by it.
  void answer(JSON.parse(line) as ReplayRequest);
});
lines.on('close', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));

async function answer(request: ReplayRequest): Promise<void> {
  try {
    say({ kind: 'result', result: await replay(request) });
  } catch (error) {
    const known = error instanceof CodedError;
    const code = known ? error.code : 'EMBEDDED_BUG';
    const message = known ? error.message : String(error instanceof Error ? error.stack : error);
    say({ kind: 'failure', code, message, exitCode: (known ? error.exitCode : undefined) ?? 3 });
  }
}

async function replay(request: ReplayRequest): Promise<ScenarioResult> {
  const { scenario, seed, threads, guestsPath, outPath } = request;
  const images = await readImages(guestsPath);
  const folder = outPath === null ? undefined : await RunFolder.open(new FileDisk(outPath));
  let result: ScenarioResult | undefined;
  try {
    result = await replayScenario(scenario, {
      ...{ seed, threads, images, onProgress: sparingly((progress) => say({ kind: 'progress', progress })) },
      ...(folder === undefined ? {} : { sink: folder }),
    });
    return result;
  } finally {
    await folder?.close(result);
  }
}

/** All of them at once: on virtual time a file must not be waited for. */
async function readImages(path: string): Promise<LocalDisk> {
  const disk = new MemoryDisk();
  for (const name of await readdir(path)) {
    if (name.endsWith(IMAGE_SUFFIX)) await disk.writeAtomically(name, await readFile(join(path, name)));
  }
  return disk;
}

function sparingly(show: (progress: Progress) => void): (progress: Progress) => void {
  let shownMs = 0;
  return (progress) => {
    const now = performance.now();
    if (now - shownMs < PROGRESS_INTERVAL_MS) return;
    shownMs = now;
    show(progress);
  };
}

function say(message: ReplayMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
