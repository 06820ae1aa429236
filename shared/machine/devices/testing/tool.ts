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

/**
 * True when QEMU is there in the version whose behaviour ours follows. Another one answers some accesses differently and is no oracle: that
 * too is said in one line, but it is no failure.
 */
export function isReferenceQemuPresent(): boolean {
  if (!isToolPresent('qemu-system-riscv64', 'qemu-system-misc')) return false;
  const version = spawnSync('qemu-system-riscv64', ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0]!;
  if (/ version 7\.2\./.test(version)) return true;
  console.warn(`skipped: devices are compared with QEMU 7.2, and this is ${version}`);
  return false;
}
