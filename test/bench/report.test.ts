/** docs/performance.md explains what is measured: every key, as bench/metrics.ts has it, and no other. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keys } from '../../bench/report.js';

test('the keys in docs/performance.md are those that are measured; `npm run bench -- --keys` writes them', () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/performance.md'), 'utf8');
  const [, listed] = /<!-- keys: .* -->\n([^]*)<!-- end of keys -->/.exec(document) ?? [];
  expect(listed?.trimEnd().split('\n')).toEqual(keys);
});
