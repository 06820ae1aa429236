// The last line of `.ci/run`: "N passed, N failed" from vitest's own report of `npm test`, with what no test stands for
// added to the failures (a check that failed, a command that ended badly). Exits with 1 unless all went well and at
// least one test ran: a run without tests has shown nothing.
import { existsSync, readFileSync } from 'node:fs';

const [testReport = '', testCode = '', checkReport = '', checkCode = ''] = process.argv.slice(2);

let passed = 0;
let failed = 0;
let skipped = 0;

/** @param {string} reason */
function fail(reason) {
  process.stdout.write(`ci: ${reason}\n`);
  failed += 1;
}

if (existsSync(testReport)) {
  const report = JSON.parse(readFileSync(testReport, 'utf8'));
  passed = report.numPassedTests;
  failed = report.numFailedTests;
  skipped = report.numPendingTests + report.numTodoTests;
  for (const file of report.testResults) {
    if (file.status === 'failed' && file.assertionResults.length === 0) fail(`${file.name} could not be run`);
  }
} else {
  fail('npm test left no report');
}
if (testCode !== '0' && failed === 0) fail(`npm test ended with ${testCode} although no test failed`);
if (passed === 0 && failed === 0) fail('no test ran');

if (existsSync(checkReport)) {
  for (const check of JSON.parse(readFileSync(checkReport, 'utf8'))) {
    if (!check.passed) fail(`check "${check.name}" failed`);
  }
} else {
  fail('npm run check left no report');
}
if (checkCode !== '0' && failed === 0) fail(`npm run check ended with ${checkCode} although no check failed`);

process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed === 0 ? 0 : 1;
