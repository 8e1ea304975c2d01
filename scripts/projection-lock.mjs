/**
 * Sees to it that a read model whose handlers or columns changed has a new version, so that it is built afresh wherever it runs.
 *   node scripts/projection-lock.mjs check            compares projections/lock.json with the code; what CI does
 *   node scripts/projection-lock.mjs write            locks new versions; refuses a change under a version that is locked
 *   node scripts/projection-lock.mjs write NAME...    locks a change of these under their old version: only where the documents stay the same
 *
 * What is hashed is the code of the projection's own file and of those in projections/ that it imports, without types, comments and layout.
 * The kernel is not: its functions keep their meaning, which its tests hold.
 */
import { transformFileSync } from '@swc/core';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = dirname(import.meta.dirname);
const lockFile = join(root, 'projections', 'lock.json');
const [mode, ...accepted] = process.argv.slice(2);

const before = existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')) : {};
const now = await currentHashes();

const changed = Object.keys(now).filter((name) => name in before && before[name] !== now[name]);
const added = Object.keys(now).filter((name) => !(name in before));
const gone = Object.keys(before).filter((name) => !(name in now));

if (mode === 'write') {
  const refused = changed.filter((name) => !accepted.includes(name.split('@')[0]));
  if (refused.length > 0) fail(refused);
  writeFileSync(lockFile, `${JSON.stringify(Object.fromEntries(Object.entries(now).sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`);
  console.log(`Locked ${Object.keys(now).length} read models: ${added.length} new, ${changed.length} changed, ${gone.length} gone.`);
} else if (mode === 'check') {
  if (changed.length > 0) fail(changed);
  if (added.length + gone.length > 0) {
    console.error(`projections/lock.json lacks ${[...added].join(', ') || 'nothing'} and has ${gone.join(', ') || 'nothing'} too many.`);
    console.error('Run `npm run projections:lock` and commit the result.');
    process.exit(1);
  }
  console.log(`The handlers and columns of ${Object.keys(now).length} read models are those that their versions promise.`);
} else {
  console.error('Usage: node scripts/projection-lock.mjs check | write [NAME...]');
  process.exit(2);
}

function fail(names) {
  for (const name of names) {
    const [model, version] = name.split('@');
    console.error(`${model}: its handlers or columns changed, but its version is still ${version}.`);
  }
  console.error('Raise `version` in @ReadModel, so that the documents are built afresh, and run `npm run projections:lock`.');
  console.error(`Where the documents stay the same: npm run projections:lock -- ${names.map((name) => name.split('@')[0]).join(' ')}`);
  process.exit(1);
}

/** `leads@1` → hash, of every read model that a file in projections/ exports. */
async function currentHashes() {
  const hashes = {};
  for (const file of readdirSync(join(root, 'projections'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()) {
    if (file.endsWith('index.ts')) continue;
    const built = join(root, 'dist', 'projections', file.replace(/\.ts$/, '.js'));
    if (!existsSync(built)) throw new Error(`${relative(root, built)} is not there. Run \`npm run build\` first.`);
    const exported = Object.values(await import(pathToFileURL(built).href));
    for (const { model } of exported.filter((value) => value?.model && value.types)) {
      hashes[`${model.name}@${model.version}`] = hashOf(join(root, 'projections', file));
    }
  }
  return hashes;
}

/** Not of the files' names: an earlier version is kept in a copy of its file. */
function hashOf(file) {
  const hash = createHash('sha256');
  for (const source of withImports(file)) hash.update(codeOf(source)).update('\0');
  return hash.digest('base64url');
}

/** The file and those in projections/ that it imports, in a fixed order. */
function withImports(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)\.js'/g)) {
    const target = `${resolve(dirname(file), path)}.ts`;
    if (target.startsWith(join(root, 'projections'))) withImports(target, found);
  }
  return found;
}

/** The code without types, comments, descriptions for people and layout. */
function codeOf(file) {
  const { code } = transformFileSync(file, {
    swcrc: false,
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, useDefineForClassFields: false },
      target: 'es2023',
      minify: { compress: false, mangle: false, format: { comments: false } },
    },
    minify: true,
    module: { type: 'es6' },
  });
  return code.replaceAll(/description:\s*(["'`])(?:\\.|(?!\1).)*\1,?/g, '').replace(/version:\s*\d+/, '');
}
