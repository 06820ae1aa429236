// Starts a program of the checkout on the Node for the sources and ends as it ends: standard streams, signals and the
// exit code pass through. Node 20 cannot replace its own process (exec), hence a child and this care about signals.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { checkout, environmentForPrograms, nodeForSources } from './paths.mjs';
import { SetupFailure } from './setup-failure.mjs';

/** Flags for every Node that runs our sources. The one that npm bundles warns about nothing we use, so: none. */
const nodeFlags = /** @type {string[]} */ ([]);

/**
 * Runs a program of the checkout on the Node for the sources, in the folder the user is in, and ends as it ends.
 * @param {string} program @param {readonly string[]} args
 * @param {{ folder?: string, environment?: Record<string, string> }} [options]
 */
export function runProgram(program, args, options = {}) {
  const node = nodeForSources();
  if (node === undefined) throw new SetupFailure('Lightsout is not set up in this checkout.', ['Run: npm run setup']);
  const path = join(checkout, program);
  if (!existsSync(path)) throw new SetupFailure(`${program} is not in this checkout.`);
  const child = spawn(node, [...nodeFlags, path, ...args], {
    cwd: options.folder ?? process.cwd(),
    env: { ...environmentForPrograms(), ...options.environment },
    stdio: 'inherit',
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])) {
    process.on(signal, () => {
      // The terminal sends these two to the whole foreground group, the child included: once is enough.
      const fromTerminal = (signal === 'SIGINT' || signal === 'SIGQUIT') && isInForeground();
      if (!fromTerminal) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`${node} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // A signal that does not end us (SIGPIPE is ignored by Node) still has to show in the exit code, as in a shell.
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
  });
}

/** Whether this process group is the one that its terminal sends Ctrl-C to (proc(5), stat: pgrp and tpgid). */
function isInForeground() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[2] === fields[5];
}
