// Runs the import rules of .dependency-cruiser.mjs. dependency-cruiser reads TypeScript only with a compiler it knows
// (`typescript` 6 here, beside the 7 that checks types); without one it sees nothing and is content. So this counts: it
// fails unless every source file was read, whatever the rules say. A test names another folder to check than the checkout.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import configuration, { knownFolders } from '../.dependency-cruiser.mjs';
import { checkout } from './paths.mjs';

const allPlaces = ['shared', 'services', 'guests', 'bench', 'tools', 'test'];

process.chdir(process.argv[2] ?? checkout);
const places = allPlaces.filter((place) => existsSync(place));
const onDisk = places.flatMap((place) => sourcesUnder(place));
const { output } = await cruise(places, {
  ...configuration.options,
  ruleSet: { forbidden: configuration.forbidden ?? [] },
  validate: true,
});
if (typeof output === 'string') throw new Error('dependency-cruiser answered with text where a result was asked for');

const seen = new Set(output.modules.map((module) => module.source));
const unseen = onDisk.filter((file) => !seen.has(file));
const newFolders = readdirSync('shared').filter((folder) => !knownFolders.includes(folder));

for (const violation of output.summary.violations) {
  const ring = violation.cycle?.map((step) => step.name).join(' → ');
  const way = violation.via?.map((step) => step.name).join(' → ');
  process.stdout.write(`${violation.rule.name}: ${violation.from} → ${ring ?? way ?? violation.to}\n`);
}
for (const file of unseen) process.stdout.write(`not read: ${file}\n`);
for (const folder of newFolders) {
  process.stdout.write(`shared/${folder} has no row in the table of .dependency-cruiser.mjs\n`);
}
process.stdout.write(`${onDisk.length - unseen.length} files read, ${output.summary.violations.length} violations\n`);
process.exitCode =
  output.summary.violations.length + unseen.length + newFolders.length > 0 || onDisk.length === 0 ? 1 : 0;

/** @param {string} folder @returns {string[]} */
function sourcesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
