/** `nest build` writes the same program as `npm run build`. Both run on a copy of the sources, since other tests use dist/. */
import { afterAll, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { temporaryFolder } from '../support/folder.js';

const root = join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();

afterAll(() => folder.remove());

/** Runs a build over a dist/ that holds a file of an earlier build. @returns the files that it leaves, by their paths */
const builtBy = (name: string, ...command: readonly string[]): ReadonlyMap<string, string> => {
  mkdirSync(join(folder.path, 'dist'));
  writeFileSync(join(folder.path, 'dist', 'stale.js'), '');
  execFileSync(process.execPath, command, { cwd: folder.path, stdio: 'pipe' });
  const built = join(folder.path, name);
  renameSync(join(folder.path, 'dist'), built);
  return new Map(
    readdirSync(built, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [relative(built, file), readFileSync(file, 'latin1')]),
  );
};

it('gives the same files, byte for byte, and removes those of an earlier build', () => {
  for (const copied of [
    'package.json',
    'tsconfig.json',
    'nest-cli.json',
    '.swcrc',
    'scripts',
    'src',
    'contracts',
    'projections',
    'bench',
  ]) {
    cpSync(join(root, copied), join(folder.path, copied), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  const expected = builtBy('by-script', 'scripts/build.mjs');
  expect([...expected.keys()]).toEqual(expect.arrayContaining(['bench/main.js', 'src/cli/main.js', 'src/main.js.map']));
  const actual = builtBy('by-nest', 'node_modules/@nestjs/cli/bin/nest.js', 'build');
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  expect([...actual].filter(([file, content]) => content !== expected.get(file)).map(([file]) => file)).toEqual([]);
});
