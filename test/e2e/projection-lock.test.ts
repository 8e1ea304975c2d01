/** The lock of read models on a copy of the tree: when a handler changes, and when a version is added beside the one that it follows. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/folder.js';

const root = join(import.meta.dirname, '..', '..');
let folder: ReturnType<typeof temporaryFolder>;
const at = (...path: readonly string[]): string => join(folder.path, ...path);

beforeEach(() => {
  folder = temporaryFolder();
  for (const copied of ['package.json', 'scripts', 'projections', 'dist/projections', 'dist/src', 'dist/contracts']) {
    cpSync(join(root, copied), at(copied), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), at('node_modules'));
});

afterEach(() => folder.remove());

const lock = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('scripts/projection-lock.mjs'), ...words], { encoding: 'utf8' });
  return { status, told: stdout + stderr };
};
const change = (file: string, from: string, to: string): void => {
  const text = readFileSync(at(file), 'utf8');
  expect(text).toContain(from);
  writeFileSync(at(file), text.replace(from, to));
};

it('refuses a handler that changed under its version, and says what to do', () => {
  expect(lock('check').status).toBe(0);
  change('projections/sales/leads.ts', "status: 'disqualified'", "status: 'open'");
  const expected = { status: 1, told: expect.stringMatching(/^leads: .* its version is still 1\.\nRaise `version`/) };
  expect(lock('check')).toEqual(expected);
  expect(lock('write')).toEqual(expected);
});

it('takes a new version, and knows the earlier one in the copy of its file', () => {
  for (const [file, ending] of [
    ['projections/sales/leads', 'ts'],
    ['dist/projections/sales/leads', 'js'],
  ]) {
    cpSync(at(`${file}.${ending}`), at(`${file}.v1.${ending}`));
    change(`${file}.${ending}`, 'version: 1', 'version: 2');
  }
  change('projections/sales/leads.ts', "status: 'disqualified'", "status: 'open'");
  expect(lock('check')).toEqual({ status: 1, told: expect.stringContaining('lacks leads@2 ') });
  expect(lock('write')).toEqual({ status: 0, told: expect.stringContaining('1 new, 0 changed, 0 gone') });
  expect(lock('check').status).toBe(0);
});
