/**
 * Adds up the reports of the test runners (Jest's --json format) and prints `N passed, N failed` as its last line.
 *   node scripts/count-tests.mjs <report.json>...
 * Skipped tests, and test files that are in no report, count as failed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const root = dirname(import.meta.dirname);
let passed = 0;
const failures = [];
const seen = new Set();

const reports = process.argv.slice(2);
for (const report of reports) {
  if (!existsSync(report)) {
    failures.push(`${report}: the runner ended without a report`);
    continue;
  }
  for (const suite of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    const path = relative(root, suite.name);
    seen.add(path);
    // The same file may be in several reports, one per pair of engines.
    const file = reports.length > 1 ? `${basename(report, '.json')}: ${path}` : path;
    if (suite.assertionResults.length === 0) failures.push(`${file}: did not run, or has no test`);
    for (const test of suite.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else failures.push(`${file}: ${test.fullName} (${test.status})`);
    }
    const failedAsAWhole = suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed');
    if (failedAsAWhole && suite.assertionResults.length > 0) failures.push(`${file}: failed outside its tests`);
  }
}

for (const entry of readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })) {
  const file = relative(root, join(entry.parentPath, entry.name));
  if (entry.isFile() && file.endsWith('.test.ts') && !seen.has(file)) failures.push(`${file}: is in no report`);
}
if (passed === 0) failures.push('no test passed');

for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
