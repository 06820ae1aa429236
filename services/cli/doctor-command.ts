// `lightsout doctor`: the same as `npm run doctor`, which also runs before anything is installed.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { EXIT } from './errors.ts';
import type { Surroundings } from './surroundings.ts';

export function doctorCommand(surroundings: Surroundings, options: { readonly json: boolean }): Promise<number> {
  const { nodePath, checkoutPath, environment, out, complaints } = surroundings;
  const args = [join(checkoutPath, 'tools', 'doctor.mjs'), ...(options.json ? ['--json'] : [])];
  const child = spawn(nodePath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.write(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.write(text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve(exitCode === 0 ? EXIT.passed : EXIT.missing));
  });
}
