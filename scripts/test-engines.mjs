/**
 * Runs the end-to-end tests on the engines that are not in the data folder, one pair after the other (build first):
 *   node scripts/test-engines.mjs [--json <folder>] [kurrent/embedded] [kurrent/mongo]
 * With --json each run leaves its report there, for scripts/count-tests.mjs.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What is not told again on other engines, and why. */
const leftOut = {
  'backup.test.ts': 'copies the files of the embedded engines; the log of a server is backed up by the server',
  'refused-starts.test.ts': 'what is wrong with files in the data folder',
  'graphiql.test.ts': 'a page in a browser, the same whatever answers',
  'projection-lock.test.ts': 'no engine is asked',
  'faults.test.ts': 'is on kurrent/mongo in any case',
};

/** What a test may take that says nothing of it, in milliseconds: servers for tests are slow where a file is not. */
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
