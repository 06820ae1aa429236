// Tests against other programs: a missing one skips its tests with one visible line, and fails them where CI=true.

import { spawnSync } from 'node:child_process';

/** True when the program can be started; says so in one line when not. */
export function isToolPresent(program: string, debianPackage: string): boolean {
  const found = spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
  if (found) return true;
  if (process.env['CI'] === 'true') throw new Error(`${program} is missing; install ${debianPackage}`);
  console.warn(`skipped: ${program} is missing (apt-get install ${debianPackage})`);
  return false;
}
