// What every npm script starts: `node tools/run.mjs COMMAND [ARGUMENTS]`. It sets the checkout up if that was not done,
// then runs the command's program on Node 24, whatever Node npm itself runs on.
import { checkout } from './paths.mjs';
import { runProgram } from './run-program.mjs';
import { ensureSetup } from './setup.mjs';
import { endWith } from './setup-failure.mjs';

/**
 * @typedef {object} Command
 * @property {string} [program] a path in the checkout; a command without one is only the set-up
 * @property {string[]} [args] given before those of the user
 * @property {readonly import('./setup.mjs').Need[]} needs
 * @property {Record<string, string>} [environment]
 */

const vitest = 'node_modules/vitest/vitest.mjs';

/** @type {Record<string, Command>} */
const commands = {
  setup: { needs: ['nats'] },
  start: { program: 'services/cli/main.ts', args: ['replay', 'scenarios/ten-to-one.yaml', '--live'], needs: ['nats'] },
  test: { program: vitest, args: ['run'], needs: ['nats'] },
  'test:long': { program: vitest, args: ['run'], needs: ['nats'], environment: { LIGHTSOUT_LONG: '1' } },
  check: { program: 'tools/check.mjs', needs: ['nats'] },
  fix: { program: 'node_modules/@biomejs/biome/bin/biome', args: ['check', '--write'], needs: [] },
  oracle: { program: 'test/oracle/run.ts', needs: [] },
  'bench:emulator': { program: 'bench/emulator.ts', needs: [] },
  'bench:migration': { program: 'bench/migration.ts', needs: ['nats'] },
  'guests:build': { program: 'tools/guests-build.ts', needs: [] },
};

function main() {
  const [name = '', ...args] = process.argv.slice(2);
  const command = commands[name];
  if (command === undefined) {
    process.stderr.write(`usage: node tools/run.mjs ${Object.keys(commands).join(' | ')}\n`);
    process.exit(2);
  }
  ensureSetup(command.needs);
  if (command.program === undefined) {
    process.stdout.write('Lightsout is set up. Go on with: npm start, npm test, npx lightsout --help\n');
    return;
  }
  runProgram(command.program, [...(command.args ?? []), ...args], {
    folder: checkout,
    ...(command.environment === undefined ? {} : { environment: command.environment }),
  });
}

try {
  main();
} catch (error) {
  endWith(error);
}
