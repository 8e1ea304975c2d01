/**
 * Builds dist/ with swc, in a temporary folder that then replaces dist/: an interrupted build leaves the old dist/, and several
 * processes may build at the same time. `nest build` writes the same files, but straight into dist/.
 *   node scripts/build.mjs               builds
 *   node scripts/build.mjs --if-missing  builds if there is no dist/; warns if dist/ is older than the sources
 */
import { transformFile } from '@swc/core';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');
const sources = ['src', 'contracts', 'projections', 'bench'].flatMap((folder) => filesIn(join(root, folder)));

if (!process.argv.includes('--if-missing') || !existsSync(dist)) {
  await build();
} else if (sources.some((file) => statSync(file).mtimeMs > statSync(dist).mtimeMs)) {
  console.error('dist/ is older than the sources. Run `npm run build` to update it.');
}

async function build() {
  const temporary = join(root, `dist-${process.pid}`);
  try {
    const results = await Promise.allSettled(sources.map((file) => compile(file, temporary)));
    const failures = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failures) console.error(reason instanceof Error ? reason.message : reason);
    if (failures.length > 0) {
      console.error(`\n${failures.length} of ${sources.length} files failed to compile. dist/ is unchanged.`);
      process.exitCode = 1;
      return;
    }
    await replaceDist(temporary);
    console.error(`Built ${sources.length} files into dist/.`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Compiles one source file to JavaScript and a source map, at the same path under `out`. */
async function compile(file, out) {
  const target = join(out, relative(root, file)).replace(/\.ts$/, '.js');
  const { code, map } = await transformFile(file, {
    configFile: join(root, '.swcrc'),
    sourceFileName: relative(dirname(target), file),
  });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, `${code}\n//# sourceMappingURL=${basename(target)}.map`);
  await writeFile(`${target}.map`, map);
}

async function replaceDist(built) {
  for (;;) {
    try {
      await rm(dist, { recursive: true, force: true });
      return await rename(built, dist);
    } catch (failure) {
      // Another build has just created dist/.
      if (failure.code !== 'ENOTEMPTY' && failure.code !== 'EEXIST') throw failure;
    }
  }
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}
