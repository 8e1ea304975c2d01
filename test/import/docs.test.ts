/** The examples of docs/import.md work. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Environment } from '@marcbachmann/cel-js';
import { registerFunctions } from '../../src/import/functions.js';
import { folderPerTest } from '../support/folder.js';
import { importInto, writeFiles } from '../support/domain/import-files.js';

const page = readFileSync('docs/import.md', 'utf8');

const folder = folderPerTest();

test('the mapping on the page imports its files', async () => {
  const [, mapping = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const { report, events } = await importInto(
    folder.path,
    writeFiles(folder.path, {
      'shop.yaml': mapping,
      'leads.csv': 'id,name,since\n1,Ana,2024-02-01\n2,Ion,2024-02-02\n',
      'deals.csv': 'lead;seller;won;amount\n1;mara;05.02.2024 10:30;99.90\n',
    }),
  );
  expect(report).toMatchObject({ commands: { run: 6, rejected: 0 }, sources: [{ unusedColumns: [] }, { unusedColumns: [] }] });
  expect(events.at(-1)).toMatchObject({ type: 'OpportunityWon', metadata: { occurredAt: '2024-02-05T08:30:00.000Z', onBehalfOf: 'mara' } });
});

test('the page lists all functions', () => {
  const before = new Set(new Environment().getDefinitions().functions.map(({ signature }) => signature));
  const added = registerFunctions(new Environment(), { name: 'x', timeZone: 'UTC' })
    .getDefinitions()
    .functions.filter(({ signature }) => !before.has(signature));
  const names = new Set(added.map(({ name }) => name));
  expect(names.size).toBeGreaterThan(10);
  for (const name of names) expect(page).toContain(`\`${name}(`);
});
