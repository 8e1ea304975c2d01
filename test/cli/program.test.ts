import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { commandLine } from '../support/processes/command-line.js';
import { folderPerTest } from '../support/folder.js';
import { writeFiles } from '../support/domain/import-files.js';

const folder = folderPerTest();

const daybook = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => commandLine(folder, args, environment);

describe('daybook', () => {
  test('prints its version and its commands', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    expect(await daybook(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
    const { code, out } = await daybook(['--help']);
    expect(code).toBe(0);
    for (const command of ['serve', 'demo', 'import', 'events', 'projections', 'dead-letters', 'keys', 'contracts', 'config']) {
      expect(out).toContain(`  ${command}`);
    }
    for (const help of [out, (await daybook(['projections', 'verify', '--help'])).out]) {
      expect(help).toContain('Exit codes: 0 done, 1 failed');
    }
  });

  test.each([
    ['an unknown command', ['sing'], "unknown command 'sing'"],
    ['an unknown option', ['import', 'm.yaml', '--quick'], "unknown option '--quick'"],
    ['a missing argument', ['import'], "missing required argument 'mapping'"],
    ['a source without a path', ['import', 'm.yaml', '--source', 'leads'], 'Expected name=path.'],
    ['a seed that is none', ['demo', '--seed', 'x'], 'Expected a whole number.'],
    ['a day that is none', ['demo', '--until', 'May'], 'Expected a day such as 2026-03-31.'],
    ['a day to come', ['demo', '--until', '2999-01-01'], 'Expected today or an earlier day.'],
  ])('refuses %s as wrong usage', async (_, args, message) => {
    const { code, err } = await daybook(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).toContain('--help');
  });

  test('refuses an invalid setting, and says what is allowed', async () => {
    const { code, out, err } = await daybook(['config'], { DAYBOOK_PORT: 'http' });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/DAYBOOK_PORT.*a whole number from 0 to 65535/s);
    expect(err).not.toContain('    at ');
  });
});

test('daybook config lists every setting with its value; the command line comes before the environment', async () => {
  const { code, out } = await daybook(['config', '--port', '0'], { DAYBOOK_PORT: '4100', DAYBOOK_LOG_LEVEL: 'warn' });
  expect(code).toBe(0);
  expect(out).toContain('port = 0 (default 4000)\n    DAYBOOK_PORT. TCP port');
  expect(out).toContain('logLevel = warn (default info)');
  expect(out).toContain('host = 127.0.0.1 (default)');
  expect(out).toContain(`dataDir = ${folder.path}/data`);
});

describe('daybook import', () => {
  const MAPPING = `name: shop
sources:
  leads: { file: leads.csv, key: id }
records:
  - from: leads
    at: =instant(leads.since)
    steps:
      - command: RegisterLead
        input: { id: '=id("lead", leads.id)', name: =leads.name, email: =leads.email }
`;
  const LEADS = 'id,name,email,since\n1,Ana,ana@shop.example,2024-01-05\n2,Ion,,2024-01-06\n';
  const files = (over: Readonly<Record<string, string | Buffer>> = {}): string =>
    writeFiles(folder.path, { 'm.yaml': MAPPING, 'leads.csv': LEADS, ...over });

  test('prints a report, and says if there was nothing new', async () => {
    const first = await daybook(['import', files()]);
    expect(first.code).toBe(0);
    expect(first.err).toMatch(/^Import shop: 100 %, 2 of 2, .*\n$/);
    expect(first.out).toContain('commands   2 run, 0 already imported, 0 rejected\n  events     2 written');
    const second = await daybook(['import', files()]);
    expect(second.code).toBe(0);
    expect(second.out).toContain('commands   0 run, 2 already imported, 0 rejected\n  events     0 written');
    expect(second.out).toContain('Nothing new: everything had been imported before.');
  });

  test('with --json prints the report and nothing else', async () => {
    const { code, out, err } = await daybook(['import', files(), '--json', '--as-history']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ mapping: 'shop', asHistory: true, commands: { run: 2 }, events: 2 });
  });

  test('gives exit code 3 with rejects, and writes them to the data folder or the given file', async () => {
    const mapping = files({ 'leads.csv': LEADS.replace('ana@shop.example', 'ana') });
    const { code, out } = await daybook(['import', mapping]);
    expect(code).toBe(3);
    const [file = ''] = readdirSync(`${folder.path}/data/rejects`);
    expect(file).toMatch(/^shop-\d{4}-\d\d-\d\dT.*Z\.csv$/);
    expect(out).toContain(`rejects    ${folder.path}/data/rejects/${file}`);
    await daybook(['import', mapping, '--rejects', `${folder.path}/my/rejects.csv`]);
    expect(readFileSync(`${folder.path}/my/rejects.csv`, 'utf8')).toContain('leads,2,1,RegisterLead,INVALID_INPUT');
  });

  test('reads files from another folder', async () => {
    writeFiles(folder.path, { 'other/leads.csv': `${LEADS}3,Eva,,2024-01-07\n`, 'one.csv': LEADS.split('\n').slice(0, 2).join('\n') });
    const mapping = files({ 'leads.csv': 'broken"' });
    expect((await daybook(['import', mapping, '--from', `${folder.path}/other`])).out).toContain('3 rows of leads');
    expect((await daybook(['import', mapping, '--source', `leads=${folder.path}/one.csv`])).out).toContain('1 row of leads');
  });

  test.each<[string, Readonly<Record<string, string | Buffer>>, RegExp]>([
    ['wrong quotes', { 'leads.csv': `${LEADS}3,"Eva,,2024-01-07\n` }, /leads\.csv:4: the closing quote of a value is missing/],
    ['another delimiter', { 'leads.csv': LEADS.replaceAll(',', ';') }, /leads\.csv:1: the delimiter is not ",", but apparently ";"/],
    [
      'a missing column',
      { 'leads.csv': 'id,name,email\n1,Ana,\n' },
      /m\.yaml:6: the expression instant\(leads\.since\) uses "since", which is not a column of leads/,
    ],
    [
      'another encoding',
      { 'leads.csv': Buffer.from(LEADS.replace('Ana', 'Jo\xe3o'), 'latin1') },
      /leads\.csv:2: the text is not UTF-8\. Declare the encoding/,
    ],
    [
      'an unknown command',
      { 'm.yaml': MAPPING.replace('RegisterLead', 'RegisterClient') },
      /m\.yaml:8: there is no command RegisterClient/,
    ],
    ['an unknown field', { 'm.yaml': MAPPING.replace('email:', 'mail:') }, /m\.yaml:9: RegisterLead has no field mail; it has/],
  ])('refuses %s with file and line in one message, and writes nothing', async (_, over, message) => {
    const { code, out, err } = await daybook(['import', files(over)]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(`${folder.path}/data`)).toBe(false);
  });

  test('refuses a file that is not a log', async () => {
    writeFiles(folder.path, { 'data/events.db': 'This is a letter to my aunt. '.repeat(50) });
    const { code, err } = await daybook(['import', files()]);
    expect(code).toBe(1);
    expect(err).toContain('events.db');
    expect(err).not.toContain('    at ');
    expect(readFileSync(`${folder.path}/data/events.db`, 'utf8')).toContain('my aunt');
  });

  test('refuses a data folder that can not be created', async () => {
    writeFiles(folder.path, { data: 'a file' });
    const { code, err } = await daybook(['import', files()]);
    expect(code).toBe(1);
    expect(err).toContain(`${folder.path}/data`);
    expect(err).not.toContain('Daybook failed');
  });
});
