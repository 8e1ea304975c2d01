/** The lock of read models on a copy of the tree: when what makes their documents changes, wherever that stands, and when a version is added. */
import { beforeEach, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderPerTest } from '../support/processes/set-up.js';

const root = join(import.meta.dirname, '..', '..');
const folder = folderPerTest();
const at = (...path: readonly string[]): string => join(folder.path, ...path);

beforeEach(() => {
  const sources = ['projections', 'contracts', 'src/kernel'];
  for (const copied of ['package.json', 'scripts', ...sources, 'dist/projections', 'dist/src', 'dist/contracts']) {
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

it('refuses a handler that changed under its version, and says what to do', () => {
  expect(lock('check').status).toBe(0);
  change('projections/sales/leads.ts', "status: 'disqualified'", "status: 'open'");
  const expected = { status: 1, told: expect.stringMatching(/^leads: .* its version is still 1\.\nRaise `version`/) };
  expect(lock('check')).toEqual(expected);
  expect(lock('write')).toEqual(expected);
});

const records = ['accounts', 'contacts', 'leads', 'opportunities', 'pipelines'];
const figures = ['leadFunnel', 'salesKpis'];
const all = [...records, ...figures, 'pipelineBoard'];

it.each<[what: string, file: string, from: string, to: string, readModels: readonly string[]]>([
  [
    'what every record is stamped with',
    'src/kernel/record-document.ts',
    'revision: event.revision',
    'revision: event.revision + 1',
    records,
  ],
  ['a column of every record', 'src/kernel/record-document.ts', '@Column(User, { filter: true,', '@Column(User, {', records],
  [
    'how revisions are taken over',
    'src/kernel/revision.ts',
    'value !== undefined',
    'value',
    ['accounts', 'contacts', 'leads', 'opportunities'],
  ],
  ['what numbers are compared by', 'src/kernel/phone.ts', 'replace(/^0+/', 'replace(/^00/', ['accounts', 'contacts', 'leads']],
  ['how months are told apart', 'src/kernel/calendar.ts', 'instant.slice(0, 7)', 'instant.slice(0, 4)', figures],
  ['what days are counted in', 'src/kernel/calendar.ts', 'HOUR_MS = 3_600_000', 'HOUR_MS = 3_600', figures],
  ['what a sketch takes up', 'src/kernel/distribution.ts', 'values: [value] }, 1)', 'values: [value] }, 2)', figures],
  ['how text is folded', 'src/kernel/fold.ts', "'NFKD'", "'NFD'", all],
  ['how words are found', 'src/kernel/fold.ts', '\\p{L}\\p{N}', '\\p{L}', records],
  ['which document is meant', 'src/kernel/projection.ts', 'encodeURIComponent(part)', 'part', [...figures, 'pipelineBoard']],
])('refuses a change of %s', (_, file, from, to, readModels) => {
  change(file, from, to);
  const { status, told } = lock('check');
  expect(status).toBe(1);
  expect([...told.matchAll(/^(\w+): what makes/gm)].map(([, name]) => name).sort()).toEqual([...readModels].sort());
});

it('refuses a change of how an event of an earlier version is lifted, where the read model names the event', () => {
  const revised = "event('LeadRevised', z.object(revisable).partial())";
  for (const file of ['contracts/sales/lead.ts', 'dist/contracts/sales/lead.js']) {
    change(file, revised, `${revised}.upcast(1, z.looseObject({}), lifted)`);
    change(file, "import { z } from 'zod';", "import { z } from 'zod';\nfunction lifted(data) { return data; }\n");
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
    "export const LeadLost = event('LeadLost', z.object({}));\nexport const leadEvents",
  ],
  ['what an event tells besides', 'contracts/sales/lead.ts', 'source: LeadSource,', 'source: LeadSource, language: z.string().optional(),'],
  ['a comment', 'src/kernel/phone.ts', 'The digits of a number', 'All digits of a number'],
  [
    'layout and types',
    'src/kernel/phone.ts',
    'phone: string | null): string | null {',
    '\n  phone: string | null | undefined,\n): string | null\n{',
  ],
  ['a description for people', 'src/kernel/record-document.ts', 'When it last changed, in the world.', 'When it changed.'],
  ['a function beside those that are used', 'src/kernel/revision.ts', 'function equal(', 'export function same() {}\nfunction equal('],
  ['what commands are checked by', 'src/kernel/field-type.ts', "hint: 'an e-mail address", "hint: 'the e-mail address"],
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
  change('projections/sales/leads.ts', "status: 'disqualified'", "status: 'open'");
  expect(lock('check')).toEqual({ status: 1, told: expect.stringContaining('lacks leads@2 ') });
  expect(lock('write')).toEqual({ status: 0, told: expect.stringContaining('1 new, 0 changed, 0 gone') });
  expect(lock('check').status).toBe(0);
});
