// Replays a scenario in virtual time: starts services/embedded as a process, hands it the scenario, and shows its progress until the result
// comes. The protocol is shared/scenario/replay-wire.ts.

import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, NS_PER_S } from '../../shared/runtime/mod.ts';
import type { Progress, ReplayMessage, ReplayRequest, ScenarioResult } from '../../shared/scenario/mod.ts';
import { endOf, signalGroup } from './child-group.ts';
import { cliErrors } from './errors.ts';
import { LineReader } from './line-reader.ts';
import { servicePath } from './places.ts';
import type { Surroundings } from './surroundings.ts';

const STOP_LIMIT_NS = 3 * NS_PER_S;
/** Chosen: what is kept of its complaints for a message. */
const TAIL_CHARACTERS_MAX = 4000;

/** A failure that the child has told in its own words. */
export class ReplayFailure extends Error {
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, exitCode: number) {
    super(message);
    this.name = 'ReplayFailure';
    this.code = code;
    this.exitCode = exitCode;
  }
}

export async function replayVirtual(
  surroundings: Surroundings,
  request: ReplayRequest,
  onProgress: (progress: Progress) => void,
): Promise<ScenarioResult> {
  const { nodePath, checkoutPath, environment, interrupted, clock } = surroundings;
  const child = spawn(nodePath, [servicePath(checkoutPath, 'embedded')], {
    // Its own group: Ctrl-C is ours to pass on. Its standard input ends when we do.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...environment, LIGHTSOUT_WATCH_PARENT: '1' },
  });
  const ended = endOf(child);
  const closed = closeOf(child);
  let last: ReplayMessage | undefined;
  let complaints = '';
  const reader = new LineReader((line) => {
    const message = JSON.parse(line) as ReplayMessage;
    if (message.kind === 'progress') onProgress(message.progress);
    else {
      last = message;
      // It has nothing more to say, and ends when its input does.
      void stopChild(child, ended, clock, 'end');
    }
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => reader.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-TAIL_CHARACTERS_MAX);
  });
  // Writing fails when it is gone; what happened is known by its end.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const stop = (): void => void stopChild(child, ended, clock, 'SIGTERM');
  interrupted.addEventListener('abort', stop, { once: true });
  if (interrupted.aborted) stop();
  const how = await closed;
  interrupted.removeEventListener('abort', stop);
  if (interrupted.aborted) throw cliErrors.create('CLI_INTERRUPTED', {});
  if (last?.kind === 'result') return last.result;
  if (last?.kind === 'failure') throw new ReplayFailure(last.code, last.message, last.exitCode);
  throw cliErrors.create('CLI_REPLAY_BROKEN', { how, tail: complaints.trimEnd() });
}

/** Resolves when it has ended and all that it said has been read. */
function closeOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (exitCode, signal) => resolve(signal ?? `exit code ${exitCode}`));
  });
}

/** Asks it to end in the given way, and makes it when it does not. */
async function stopChild(
  child: ChildProcess,
  ended: Promise<string>,
  clock: Clock,
  way: 'end' | 'SIGTERM',
): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (way === 'end') child.stdin?.end();
  else signalGroup(pid, way);
  const waiting = new AbortController();
  const patience = clock.sleep(STOP_LIMIT_NS, waiting.signal).then(
    () => signalGroup(pid, 'SIGKILL'),
    () => undefined,
  );
  await ended;
  waiting.abort();
  await patience;
}
