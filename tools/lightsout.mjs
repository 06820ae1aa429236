#!/usr/bin/env node
// What `npx lightsout` starts. Whoever types a command wants its answer, not an installation, so an unprepared checkout
// is only told how to get ready; the program itself, `services/cli/main.ts`, then runs on Node 24.
import { runProgram } from './run-program.mjs';
import { assertMachineFits, isSetUp } from './setup.mjs';
import { endWith, SetupFailure } from './setup-failure.mjs';

try {
  assertMachineFits();
  if (!isSetUp([])) {
    throw new SetupFailure('Lightsout is not set up in this checkout, or package-lock.json has changed since.', [
      'npm run setup    gets everything ready (no root needed)',
      'npm start        does the same, then runs the first scenario',
    ]);
  }
  runProgram('services/cli/main.ts', process.argv.slice(2));
} catch (error) {
  endWith(error);
}
