/**
 * Runs the end-to-end tests on the server engines, one pair after the other (build first):
 *   node scripts/test-engines.mjs [--json <folder>] [kurrent/embedded] [kurrent/mongo]
 * With --json each run writes a report into the folder, for scripts/count-tests.mjs.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** Tests that are not repeated on other engines, with the reasons. */
const leftOut = {
  'backup.test.ts': 'copies the files of the embedded engines; servers have their own backups',
  'refused-starts.test.ts': 'concerns files in the data folder',
  'graphiql.test.ts': 'a page in a browser, independent of engines',
  'projection-lock.test.ts': 'independent of engines',
  'faults.test.ts': 'always runs on kurrent/mongo',
};

/** The default time limit of a test, in milliseconds: test servers are slower than files. */
const PATIENCE_MS = 240_000;

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const root = join(import.meta.dirname, '..');
if (values.json !== undefined) mkdirSync(values.json, { recursive: true });
let failed = false;
for (const engines of positionals.length > 0 ? positionals : ['kurrent/embedded', 'kurrent/mongo']) {
  console.error(`\nOn ${engines}:`);
  const report = values.json === undefined ? [] : ['--json', `--outputFile=${join(values.json, `jest-${engines.replace('/', '-')}.json`)}`];
  const args = [
    '-w',
    '2',
    '--workerIdleMemoryLimit=512MB',
    '--testTimeout',
    String(PATIENCE_MS),
    '--testPathIgnorePatterns',
    ...Object.keys(leftOut),
    '--testPathPatterns',
    'test/e2e/',
  ];
  const { status } = spawnSync(
    process.execPath,
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', ...args, ...report],
    { cwd: root, stdio: 'inherit', env: { ...process.env, DAYBOOK_TEST_ENGINES: engines } },
  );
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
