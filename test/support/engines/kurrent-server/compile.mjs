/** Module hooks that let Node load TypeScript: swc, with the project's own settings, compiles each file as it is imported. */
import { transformFile } from '@swc/core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

const configFile = join(import.meta.dirname, '..', '..', '..', '..', '.swcrc');

export async function resolve(specifier, context, next) {
  if (specifier.startsWith('.') && specifier.endsWith('.js')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return next(source.href, context);
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = await transformFile(fileURLToPath(url), { configFile, sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
