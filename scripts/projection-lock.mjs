/**
 * Sees to it that a read model whose handlers or columns changed has a new version, so that it is built afresh wherever it runs.
 *   node scripts/projection-lock.mjs check            compares projections/lock.json with the code; what CI does
 *   node scripts/projection-lock.mjs write            locks new versions; refuses a change under a version that is locked
 *   node scripts/projection-lock.mjs write NAME...    locks a change of these under their old version: only where the documents stay the same
 *
 * What is hashed is all that makes the documents what they are:
 *   - the code of the projection's own file, and that of every declaration that it uses elsewhere, in the kernel, in contracts, in projections/
 *   - what the store makes of its columns, and, where it keeps folded text or words, the code that folds
 *   - the event types that it names, with their versions, and the code that lifts earlier versions to today's
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reachedCode } from './reached-code.mjs';

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
  console.log(`The documents of ${Object.keys(now).length} read models are made as their versions promise.`);
} else {
  console.error('Usage: node scripts/projection-lock.mjs check | write [NAME...]');
  process.exit(2);
}

function fail(names) {
  for (const name of names) {
    const [model, version] = name.split('@');
    console.error(`${model}: what makes its documents changed, but its version is still ${version}.`);
  }
  console.error('Raise `version` in @ReadModel, so that the documents are built afresh, and run `npm run projections:lock`.');
  console.error(`Where the documents stay the same: npm run projections:lock -- ${names.map((name) => name.split('@')[0]).join(' ')}`);
  process.exit(1);
}

/** `leads@1` → hash, of every read model that a file in projections/ exports. */
async function currentHashes() {
  const hashes = {};
  const { shapeOf } = await built('src/kernel/read-model.ts');
  const { comparedColumns } = await built('src/views/columns.ts');
  const definitions = await definitionsByType();
  for (const file of filesIn('projections')) {
    for (const { model, types } of Object.values(await built(file)).filter((value) => value?.model && value.types)) {
      const named = types.toSorted().map((type) => definitions.get(type));
      const roots = [{ file, name: '*' }];
      if (comparedColumns(model).some(({ kind }) => kind === 'text')) roots.push({ file: 'src/kernel/fold.ts', name: 'fold' });
      if (model.columns.some(({ search }) => search)) roots.push({ file: 'src/kernel/fold.ts', name: 'words' });
      const lifted = named.filter(({ definition }) => definition.upcasters.length > 0);
      if (lifted.length > 0) roots.push({ file: 'contracts/event.ts', name: 'upcast' }, ...lifted);
      const code = reachedCode(roots.map(({ file: from, name }) => ({ file: join(root, from), name })));
      const parts = [
        ...code.map(withoutVersion(model)),
        shapeOf(model),
        ...named.map(({ definition: { type, version } }) => `${type} ${version}`),
      ];
      hashes[`${model.name}@${model.version}`] = createHash('sha256').update(parts.join('\0')).digest('base64url');
    }
  }
  return hashes;
}

/** An earlier version is kept in a copy of its file. */
function withoutVersion({ name }) {
  return (code) => (code.includes(`ReadModel("${name}"`) ? code.replace(/version:\d+/, '') : code);
}

/** Event type → its definition and where that is declared. */
async function definitionsByType() {
  const definitions = new Map();
  for (const file of filesIn('contracts')) {
    for (const [name, value] of Object.entries(await built(file)).filter(([, each]) => each?.upcasters)) {
      definitions.set(value.type, { definition: value, file, name });
    }
  }
  return definitions;
}

function filesIn(folder) {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files
    .filter((name) => !name.endsWith('index.ts'))
    .sort()
    .map((name) => join(folder, name));
}

/** What a source file exports when it runs. */
async function built(file) {
  const path = join(root, 'dist', file.replace(/\.ts$/, '.js'));
  if (!existsSync(path)) throw new Error(`${relative(root, path)} is not there. Run \`npm run build\` first.`);
  return import(pathToFileURL(path).href);
}
