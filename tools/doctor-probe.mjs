// Asks a program for its version the way a person would: run it and read what it prints.
import { spawnSync } from 'node:child_process';

/** A docker client without an engine may wait for long; everything else answers at once. */
const patienceMs = 5_000;

/**
 * The first group of `pattern` in what the program prints, or nothing when it is absent, fails or says something else.
 * @param {string} program @param {string[]} args @param {RegExp} pattern
 * @returns {string | undefined}
 */
export function probe(program, args, pattern) {
  const answer = spawnSync(program, args, { encoding: 'utf8', timeout: patienceMs, stdio: ['ignore', 'pipe', 'pipe'] });
  return answer.status === 0 ? pattern.exec(answer.stdout)?.[1] : undefined;
}
