/** docs/errors.md lists every code of the program and its contexts, with its meaning and a remedy. */
import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contexts } from '../../src/contexts/index.js';
import { errorCodes } from '../../src/kernel/error-codes.js';
import type { Codes } from '../../src/kernel/rejection.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');

/** The codes of each section: those of the program, and those that the contexts declare. */
const sections = new Map<string, Codes>(Object.entries(errorCodes));
for (const { name, codes } of contexts) {
  const heading = name.charAt(0).toUpperCase() + name.slice(1);
  sections.set(heading, { ...sections.get(heading), ...codes });
}

/** The rows of a section's table: code, meaning, remedy. */
function listedUnder(heading: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `([A-Z_]+)` \| (.+) \| (.+) \|$/gm)].map((row) => row.slice(1));
}

it.each([...sections])('docs/errors.md lists the codes of %s, with remedies', (heading, codes) => {
  const rows = listedUnder(heading);
  expect(Object.fromEntries(rows.map(([code, meaning]) => [code, meaning]))).toEqual(codes);
  for (const [, , remedy] of rows) expect(remedy).toMatch(/\.$/);
});
