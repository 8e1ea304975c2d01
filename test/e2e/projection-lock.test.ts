/** The lock of read models, on a copy of the tree: it finds whatever changes documents, in any file, and takes everything else. */
import { beforeEach, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderPerTest } from '../support/folder.js';

const root = join(import.meta.dirname, '..', '..');
const folder = folderPerTest();
const at = (...path: readonly string[]): string => join(folder.path, ...path);

beforeEach(() => {
  for (const copied of ['package.json', 'scripts', 'projections', 'contracts', 'src', 'dist/projections', 'dist/contracts', 'dist/src']) {
    cpSync(join(root, copied), at(copied), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), at('node_modules'));
});

const lock = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('scripts/projection-lock.mjs'), ...words], { encoding: 'utf8' });
  return { status, told: stdout + stderr };
};
const change = (file: string, from: string, to: string): void => {
  const text = readFileSync(at(file), 'utf8');
  expect(text).toContain(from);
  writeFileSync(at(file), text.replace(from, to));
};

it('refuses a change under the same version, and says what to do', () => {
  expect(lock('check').status).toBe(0);
  change('projections/sales/leads.ts', 'phoneDigits(phone) }', 'phone }');
  const expected = { status: 1, told: expect.stringMatching(/^leads: .* its version is still 1\.\nRaise its `version`/) };
  expect(lock('check')).toEqual(expected);
  expect(lock('write')).toEqual(expected);
});

const searched = ['accounts', 'contacts', 'leads', 'opportunities', 'pipelines'];
const records = [...searched, 'policyRefusals', 'erasureReviews'];
const figures = ['leadFunnel', 'salesKpis'];
const all = [...searched, 'policyRefusals', ...figures, 'pipelineBoard'];

it.each<[what: string, file: string, from: string, to: string, readModels: readonly string[]]>([
  ['what every document of a list has', 'src/kernel/list.ts', 'revision: event.revision', 'revision: event.revision + 1', records],
  ['what a column is asked for', 'dist/projections/sales/leads.js', "'score'", "'phone'", ['leads']],
  ['how a record evolves', 'src/sales/lead.ts', "status: 'disqualified'", "status: 'open'", ['leads']],
  ['how records evolve', 'src/kernel/record-type.ts', 'if (!Object.hasOwn(evolves, event.type)) return undefined;', '', records],
  ['how a figure is counted', 'projections/sales/lead-funnel.ts', '{ converted: 1 }', '{ converted: 2 }', ['leadFunnel']],
  [
    'how revisions are taken over',
    'src/kernel/revision.ts',
    '([, value]) => value !== undefined',
    '([, value]) => value',
    ['accounts', 'contacts', 'leads', 'opportunities'],
  ],
  ['what numbers are compared by', 'src/kernel/phone.ts', 'replace(/^0+/', 'replace(/^00/', ['accounts', 'contacts', 'leads']],
  ['how months are told apart', 'src/kernel/calendar.ts', 'instant.slice(0, 7)', 'instant.slice(0, 4)', figures],
  ['what days are counted in', 'src/kernel/calendar.ts', 'HOUR_MS = 3_600_000', 'HOUR_MS = 3_600', figures],
  ['what a sketch takes up', 'src/kernel/distribution.ts', 'values: [value] }, 1)', 'values: [value] }, 2)', figures],
  ['how text is folded', 'contracts/fold.ts', "'NFKD'", "'NFD'", all],
  ['how words are found', 'contracts/fold.ts', '\\p{L}\\p{N}', '\\p{L}', searched],
  ['which document is meant', 'src/kernel/projection.ts', 'encodeURIComponent(part)', 'part', [...figures, 'pipelineBoard']],
])('refuses a change of %s', (_, file, from, to, readModels) => {
  change(file, from, to);
  const { status, told } = lock('check');
  expect(status).toBe(1);
  expect([...told.matchAll(/^(\w+): the code or columns/gm)].map(([, name]) => name).sort()).toEqual([...readModels].sort());
});

it('refuses a change of how an event of an earlier version is lifted, where the read model names the event', () => {
  const revised = "changed.', changes(lead))";
  for (const file of ['contracts/sales/lead.ts', 'dist/contracts/sales/lead.js']) {
    change(file, revised, `${revised}.upcast(1, {}, lifted)`);
    change(file, 'export const LeadRevised', 'function lifted(data) { return data; }\nexport const LeadRevised');
  }
  const refused = { status: 1, told: expect.stringMatching(/^leads: .*\nRaise/) };
  expect(lock('check')).toEqual(refused);
  expect(lock('write', 'leads').status).toBe(0);
  change('contracts/sales/lead.ts', '{ return data; }', '{ return { ...data, company: null }; }');
  expect(lock('check')).toEqual(refused);
});

it.each([
  [
    'another event type',
    'contracts/sales/lead.ts',
    'export const leadEvents',
    "export const LeadLost = event('LeadLost', 'A lead was lost.', {});\nexport const leadEvents",
  ],
  ['a field of an event', 'contracts/sales/lead.ts', 'source: LeadSource,', 'source: LeadSource, language: Language.optional(),'],
  ['what a field may hold', 'contracts/sales/lead.ts', 'name: Text(200)', 'name: Text(300)'],
  ['the rule of a command', 'src/sales/qualify-lead.ts', "reason === 'other' && note === null", 'note === null'],
  ['what every command is given', 'src/kernel/command.ts', "'create' as const", "'change' as const"],
  ['a comment', 'src/kernel/phone.ts', 'The digits of a number', 'All digits of a number'],
  [
    'layout and types',
    'src/kernel/phone.ts',
    'phone: string | null): string | null {',
    '\n  phone: string | null | undefined,\n): string | null\n{',
  ],
  ['a description for people', 'src/kernel/list.ts', 'When it last changed, in the world.', 'When it changed.'],
  ['a function beside those that are used', 'src/kernel/revision.ts', 'function equal(', 'export function same() {}\nfunction equal('],
  ['what input is checked by', 'contracts/fields/text.ts', "hint: 'an e-mail address", "hint: 'the e-mail address"],
])('takes a change of %s', (_, file, from, to) => {
  change(file, from, to);
  expect(lock('check')).toMatchObject({ status: 0 });
});

it('takes a new version, and knows the earlier one in the copy of its file', () => {
  for (const [file, ending] of [
    ['projections/sales/leads', 'ts'],
    ['dist/projections/sales/leads', 'js'],
  ]) {
    cpSync(at(`${file}.${ending}`), at(`${file}.v1.${ending}`));
    change(`${file}.${ending}`, 'version: 1', 'version: 2');
  }
  change('projections/sales/leads.ts', 'phoneDigits(phone) }', 'phone }');
  expect(lock('check')).toEqual({ status: 1, told: expect.stringContaining('lacks leads@2 ') });
  expect(lock('write')).toEqual({ status: 0, told: expect.stringContaining('1 new, 0 changed, 0 removed') });
  expect(lock('check').status).toBe(0);
});
