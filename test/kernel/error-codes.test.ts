/** Codes are a promise: every one that a rule answers is listed in docs/errors.md with what to do, and no other. */
import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

function codesThrownIn(context: string): string[] {
  const folder = join(root, 'src', context);
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  return [...new Set(sources.flatMap((source) => source.match(/(?<=')[A-Z]+(?:_[A-Z]+)+(?=')/g) ?? []))].sort();
}

/** The rows of a section's table: code, meaning, remedy. */
function listedUnder(heading: string): string[][] {
  const section =
    readFileSync(join(root, 'docs/errors.md'), 'utf8')
      .split(/^## /m)
      .find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `([A-Z_]+)` \| (.+) \| (.+) \|$/gm)].map((row) => row.slice(1));
}

describe('docs/errors.md', () => {
  it.each([
    ['Sales', 'sales'],
    ['Parties', 'parties'],
  ])('lists under %s what the rules of src/%s answer, and no other', (heading, context) => {
    const rows = listedUnder(heading);
    expect(rows.map(([code]) => code).sort()).toEqual(codesThrownIn(context));
    for (const [, meaning, remedy] of rows) expect([meaning, remedy]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
  });
});
