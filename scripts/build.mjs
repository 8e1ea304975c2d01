/**
 * Builds dist/ with swc: aside first, then into place in one step, so that an interrupted build leaves no half of a program.
 *   node scripts/build.mjs               builds
 *   node scripts/build.mjs --if-missing  builds unless dist/ is there, and says so when it is older than the sources
 */
import { transformFile } from '@swc/core';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');
const sources = ['src', 'contracts', 'projections', 'bench'].flatMap((room) => filesIn(join(root, room)));

if (!process.argv.includes('--if-missing') || !existsSync(dist)) {
  await build();
} else if (sources.some((file) => statSync(file).mtimeMs > statSync(dist).mtimeMs)) {
  console.error('dist/ is older than the sources. To bring it up to date: npm run build');
}

async function build() {
  const aside = join(root, `dist-${process.pid}`);
  try {
    const results = await Promise.allSettled(sources.map((file) => compile(file, aside)));
    const failures = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failures) console.error(reason instanceof Error ? reason.message : reason);
    if (failures.length > 0) {
      console.error(`\nThe build failed in ${failures.length} of ${sources.length} files; dist/ is as it was.`);
      process.exitCode = 1;
      return;
    }
    await rm(dist, { recursive: true, force: true });
    await rename(aside, dist);
    console.error(`Built ${sources.length} files into dist/.`);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Writes one source file as JavaScript with its source map, at the same place under `out`. */
async function compile(file, out) {
  const target = join(out, relative(root, file)).replace(/\.ts$/, '.js');
  const { code, map } = await transformFile(file, {
    configFile: join(root, '.swcrc'),
    sourceFileName: relative(dirname(target), file),
  });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, `${code}\n//# sourceMappingURL=${basename(target)}.map\n`);
  await writeFile(`${target}.map`, map);
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}
