// `lightsout isa-test DIR`: how many of a directory's tests pass, by group, and everything about those that do not.

import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { paint, renderTable, type Terminal } from '../../shared/report/mod.ts';
import { cliErrors, EXIT } from './errors.ts';
import { type IsaTestReport, type IsaTestResult, runIsaTests } from './isa-test/isa-test.ts';
import { print, printJson, type Surroundings } from './surroundings.ts';

export interface IsaTestCommandOptions {
  readonly json: boolean;
  /** Instructions after which a test counts as not finished. */
  readonly limit?: number | undefined;
}

export function isaTestCommand(surroundings: Surroundings, directory: string, options: IsaTestCommandOptions): number {
  const path = resolve(surroundings.workingPath, directory);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw cliErrors.create('CLI_NO_ISA_TESTS', { path: directory, problem: 'it is not a directory' });
  }
  const { limit } = options;
  const report = runIsaTests({ directory: path, ...(limit === undefined ? {} : { instructionLimit: limit }) });
  if (report.results.length === 0) {
    const problem = 'no ELF file in it is for 64-bit RISC-V and has a symbol tohost';
    throw cliErrors.create('CLI_NO_ISA_TESTS', { path: directory, problem });
  }
  const passed = report.results.filter(hasPassed).length;
  const failed = report.results.length - passed;
  if (options.json) printJson(surroundings, { ...report, passed, failed });
  else print(surroundings, renderIsaTests(surroundings.out.terminal, report));
  return failed === 0 ? EXIT.passed : EXIT.failed;
}

const hasPassed = ({ outcome }: IsaTestResult): boolean => outcome.kind === 'passed';

/** riscv-tests name their files by group, environment and test: rv64ui-p-add. */
const groupOf = (name: string): string =>
  /^(.*?-(?:p|v|pm|pt))-/.exec(name)?.[1] ?? /^(.*)-[^-]+$/.exec(name)?.[1] ?? name;

export function renderIsaTests(terminal: Terminal, report: IsaTestReport): string {
  const groups = Map.groupBy(report.results, ({ name }) => groupOf(name));
  const rows = [...groups].map(([group, results]) => {
    const passed = results.filter(hasPassed).length;
    const instructions = results.reduce((sum, result) => sum + result.instructions, 0);
    return [group, String(results.length), String(passed), String(results.length - passed), String(instructions)];
  });
  const columns = [
    { title: 'group' },
    { title: 'tests', align: 'right' },
    { title: 'passed', align: 'right' },
    { title: 'failed', align: 'right' },
    { title: 'instructions', align: 'right' },
  ] as const;
  const parts = [renderTable(terminal, columns, rows)];
  const failures = report.results.filter((result) => !hasPassed(result));
  if (failures.length > 0) parts.push(failures.map((failure) => describeFailure(terminal, failure)).join('\n'));
  if (report.skipped.length > 0) parts.push(describeSkipped(report));
  const passed = report.results.length - failures.length;
  const colour = failures.length === 0 ? 'green' : 'red';
  parts.push(paint(terminal, colour, `${passed} passed, ${failures.length} failed, ${report.skipped.length} skipped`));
  return parts.join('\n\n');
}

function describeFailure(terminal: Terminal, { name, outcome, instructions, text }: IsaTestResult): string {
  let what = '';
  if (outcome.kind === 'failed') what = `test ${outcome.test} failed`;
  if (outcome.kind === 'unfinished') what = outcome.reason;
  const printed = text.trim() === '' ? '' : `\n    it printed: ${text.trim()}`;
  return `${paint(terminal, 'red', name)}: ${what} (${instructions} instructions)${printed}`;
}

/** One line for each reason, since a built tree holds a listing beside each test. */
function describeSkipped(report: IsaTestReport): string {
  const byReason = Map.groupBy(report.skipped, ({ reason }) => reason);
  return [...byReason]
    .map(([reason, files]) => `skipped, ${reason}: ${files.map(({ name }) => name).join(', ')}`)
    .join('\n');
}
