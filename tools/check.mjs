// `npm run check`: what has to be green at every commit, in well under a minute. Every step runs even when an earlier one
// failed, so one run shows all there is to repair; a step's output is shown only when it failed. The tests here are those
// that stand beside the code of the product; `npm test` runs all.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, environmentForPrograms, reportsFolder } from './paths.mjs';

/** @typedef {{ name: string, args: string[], summary: RegExp }} Step */

const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot'];
/** @type {Step[]} */
const steps = [
  {
    name: 'format and lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--colors=off'],
    summary: /Checked (\d+ files)/,
  },
  { name: 'types', args: ['node_modules/typescript-7/bin/tsc', '-p', '.'], summary: /(?!)/ },
  { name: 'imports', args: ['tools/check-imports.mjs'], summary: /(.*violations)\n$/ },
  { name: 'tidiness', args: [...vitest, 'test/tidy.test.ts'], summary: /Tests\s+(.*)/ },
  {
    name: 'tests',
    // The published consolidation experiment takes a quarter of a minute by itself; it runs under `npm test`.
    args: [...vitest, 'shared', 'services', '--exclude', '**/planetlab.test.ts'],
    summary: /Tests\s+(.*)/,
  },
];

// Whoever reads only the first lines (head) is no failure.
process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code !== 'EPIPE') throw error;
});
const chosen = process.argv.slice(2);
const unknown = chosen.filter((word) => !steps.some((step) => step.name === word));
if (unknown.length > 0) {
  process.stderr.write(`usage: npm run check -- [${steps.map((step) => `"${step.name}"`).join('] [')}]\n`);
  process.exit(2);
}

const results = steps.filter((step) => chosen.length === 0 || chosen.includes(step.name)).map(run);
mkdirSync(reportsFolder, { recursive: true });
writeFileSync(join(reportsFolder, 'check.json'), `${JSON.stringify(results, null, 2)}\n`);
const failed = results.filter((result) => !result.passed);
if (failed.length > 0) {
  process.stdout.write(`\ncheck failed: ${failed.map((result) => result.name).join(', ')}\n`);
  if (failed.some((result) => result.name === 'format and lint'))
    process.stdout.write('`npm run fix` repairs most of format and lint.\n');
  process.exitCode = 1;
}

/** @param {Step} step */
function run(step) {
  const startedMs = Date.now();
  const ended = spawnSync(process.execPath, step.args, {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...environmentForPrograms(), NO_COLOR: '1', FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 * 1024,
  });
  const passed = ended.status === 0;
  const seconds = (Date.now() - startedMs) / 1000;
  const summary = step.summary.exec(ended.stdout)?.[1]?.trim() ?? '';
  const columns = [step.name.padEnd(16), passed ? 'ok    ' : 'FAILED', `${seconds.toFixed(1).padStart(6)} s`, summary];
  process.stdout.write(`${columns.join('  ').trimEnd()}\n`);
  if (!passed) process.stdout.write(`${ended.stdout}${ended.stderr}${ended.error?.message ?? ''}\n`);
  return { name: step.name, passed, seconds, summary };
}
