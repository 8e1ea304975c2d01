/**
 * Checks that a read model whose handlers or columns changed has a new version, so that every deployment rebuilds it.
 *   node scripts/projection-lock.mjs check            compares projections/lock.json with the code; what CI does
 *   node scripts/projection-lock.mjs write            locks new versions; refuses changes of a locked version
 *   node scripts/projection-lock.mjs write NAME...    locks changes of these under their old version: only if the documents stay the same
 *
 * The hash covers everything that the documents depend on:
 *   - the code of the projection and of every declaration that it uses: in its own file, in the kernel, in contracts and, for lists, how the
 *     record type evolves
 *   - the shape of its columns, which of them are sealed and, if the store keeps folded text or words, the folding code
 *   - the event types that it handles, with their versions and upcasters
 * Commands and field kinds are not part of it: they determine what is written, not how it is projected.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reachedCode } from './reached-code.mjs';

const root = dirname(import.meta.dirname);

/** Declarations that don't affect documents, or whose result is hashed instead of their code. */
const leftOut = ['contracts/fields/', 'src/kernel/command.ts', 'src/kernel/read-model.ts'].map((path) => join(root, path));
const isLeftOut = (file) => leftOut.some((path) => file.startsWith(path));

/** Arguments that are not hashed as code: columns are hashed by their shape and which are sealed, events by type and version. */
const withoutArguments = {
  list: { leftOut: 2, keeps: ['derive'] },
  readModel: { leftOut: 1 },
  projection: { leftOut: 1 },
  projectionOfMany: { leftOut: 1 },
  recordType: { leftOut: 1 },
  event: { leftOut: 1 },
  erased: { leftOut: 0 },
};

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
  console.log(`Locked ${Object.keys(now).length} read models: ${added.length} new, ${changed.length} changed, ${gone.length} removed.`);
} else if (mode === 'check') {
  if (changed.length > 0) fail(changed);
  if (added.length + gone.length > 0) {
    console.error(
      `projections/lock.json lacks ${[...added].join(', ') || 'nothing'} and has the obsolete ${gone.join(', ') || 'nothing'}.`,
    );
    console.error('Run `npm run projections:lock` and commit the result.');
    process.exit(1);
  }
  console.log(`${Object.keys(now).length} read models match their locked versions.`);
} else {
  console.error('Usage: node scripts/projection-lock.mjs check | write [NAME...]');
  process.exit(2);
}

function fail(names) {
  for (const name of names) {
    const [model, version] = name.split('@');
    console.error(`${model}: the code or columns of its documents changed, but its version is still ${version}.`);
  }
  console.error('Raise its `version`, so that the documents are rebuilt, and run `npm run projections:lock`.');
  console.error(`If the documents stay the same: npm run projections:lock -- ${names.map((name) => name.split('@')[0]).join(' ')}`);
  process.exit(1);
}

/** The hash of every read model exported in projections/, by `leads@1`. */
async function currentHashes() {
  const hashes = {};
  const { shapeOf } = await built('src/kernel/read-model.ts');
  const { comparedColumns } = await built('src/views/shared/columns.ts');
  const definitions = await definitionsByType();
  for (const file of filesIn('projections')) {
    for (const [declared, { model, types }] of Object.entries(await built(file)).filter(([, value]) => value?.model && value.types)) {
      const named = types.toSorted().map((type) => definitions.get(type));
      const roots = [{ file, name: declared }];
      if (comparedColumns(model).some(({ kind }) => kind === 'text')) roots.push({ file: 'contracts/fold.ts', name: 'fold' });
      if (model.columns.some(({ search }) => search)) roots.push({ file: 'contracts/fold.ts', name: 'words' });
      const upcasted = named.filter(({ definition }) => definition.upcasters.length > 0);
      if (upcasted.length > 0) roots.push({ file: 'contracts/event.ts', name: 'upcast' }, ...upcasted);
      const code = reachedCode(
        roots.map(({ file: from, name }) => ({ file: join(root, from), name })),
        { isLeftOut, withoutArguments },
      );
      const sealed = model.columns.flatMap((column) => (column.sealed ? [column.name] : []));
      const parts = [
        ...code,
        shapeOf(model),
        `sealed ${sealed.join(' ')}`,
        ...named.map(({ definition: { type, version } }) => `${type} ${version}`),
      ];
      hashes[`${model.name}@${model.version}`] = createHash('sha256').update(parts.join('\0')).digest('base64url');
    }
  }
  return hashes;
}

/** The definition of each event type, and where it is declared. */
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

/** The exports of a source file's build. */
async function built(file) {
  const path = join(root, 'dist', file.replace(/\.ts$/, '.js'));
  if (!existsSync(path)) throw new Error(`${relative(root, path)} does not exist. Run \`npm run build\` first.`);
  return import(pathToFileURL(path).href);
}
