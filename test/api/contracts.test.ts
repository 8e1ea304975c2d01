/** The published contracts: written as files, compared with the code, and each difference told as breaking, dangerous or safe. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { checkContracts, emitContracts, type Verdict } from '../../src/api/contracts.js';
import { temporaryFolder, type Folder } from '../support/folder.js';

let folder: Folder;

beforeEach(async () => {
  folder = temporaryFolder();
  await emitContracts(folder.path);
});

afterEach(() => {
  folder.remove();
});

const GRAPHQL = 'schema.graphql';
const EVENTS = 'events.schema.json';

/** What is told when the committed file reads otherwise than the code: as if the code had changed from that to what it is. */
const changedFrom = async (file: string, change: (text: string) => string): Promise<Verdict> => {
  const path = join(folder.path, file);
  const before = await readFile(path, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(path, after);
  return checkContracts(folder.path);
};

type Schemas = Record<string, Record<string, unknown>>;

const changedEvents = async (change: (schemas: Schemas) => void): Promise<Verdict> =>
  changedFrom(EVENTS, (text) => {
    const schemas = JSON.parse(text) as Schemas;
    change(schemas);
    return JSON.stringify(schemas);
  });

/** The findings, without the advice in the last line. */
const findingsOf = ({ ok, report }: Verdict): readonly string[] => {
  expect(ok).toBe(false);
  const lines = report.split('\n');
  expect(lines.at(-1)).toContain('npm run contracts');
  return lines.slice(0, -1);
};

describe('contracts that are what the code says', () => {
  it('pass, and are a schema and an object of JSON Schemas', async () => {
    expect(await checkContracts(folder.path)).toMatchObject({ ok: true });
    expect(
      buildSchema(await readFile(join(folder.path, GRAPHQL), 'utf8'))
        .getMutationType()
        ?.getFields(),
    ).toHaveProperty('registerLead');
    const events = JSON.parse(await readFile(join(folder.path, EVENTS), 'utf8')) as Schemas;
    expect(events['lead']).toHaveProperty(['LeadRegistered.v1', 'properties', 'name', 'anyOf', '0', 'sealed'], true);
  });

  it('are written the same each time', async () => {
    const first = await readFile(join(folder.path, GRAPHQL), 'utf8');
    await emitContracts(folder.path);
    expect(await readFile(join(folder.path, GRAPHQL), 'utf8')).toBe(first);
  });

  it('are committed', async () => {
    expect(await checkContracts(join(import.meta.dirname, '../../contracts'))).toEqual({ ok: true, report: expect.any(String) });
  });
});

describe('the GraphQL schema', () => {
  it('breaks its readers when a field goes', async () => {
    const verdict = await changedFrom(GRAPHQL, (text) => text.replace('type Query {', 'type Query {\n  weather: String'));
    expect(findingsOf(verdict)).toEqual([expect.stringMatching(/^breaking: .*Query\.weather was removed/)]);
  });

  it('breaks its readers when a type changes', async () => {
    const verdict = await changedFrom(GRAPHQL, (text) => text.replace('logPosition: Position', 'logPosition: Int'));
    expect(findingsOf(verdict)).toEqual([expect.stringMatching(/^breaking: .*Query\.logPosition changed type from Int to Position/)]);
  });

  it('breaks its writers when an input becomes required', async () => {
    const verdict = await changedFrom(GRAPHQL, (text) => text.replace(/(input RegisterLeadInput \{[^}]*\n {2}name: )String!/, '$1String'));
    expect(findingsOf(verdict)).toEqual([expect.stringMatching(/^breaking: .*RegisterLeadInput\.name/)]);
  });

  it('breaks its writers when an input becomes @oneOf, which graphql-js does not tell', async () => {
    const verdict = await changedFrom(GRAPHQL, (text) => text.replace('input Moment @oneOf {', 'input Moment {'));
    expect(findingsOf(verdict)).toEqual(['breaking: schema.graphql: Moment became @oneOf: it takes exactly one of its fields.']);
  });

  it('breaks no one when a field is added', async () => {
    const verdict = await changedFrom(GRAPHQL, (text) => text.replace(/\n {2}"""[^"]*"""\n {2}logPosition: Position/, ''));
    expect(findingsOf(verdict)).toEqual(['safe: schema.graphql: Query.logPosition was added.']);
  });

  it('asks for a second look when a list of values grows', async () => {
    const verdict = await changedFrom(GRAPHQL, (text) => text.replace(/(enum Temperature \{[^}]*)\n {2}"""[^"]*"""\n {2}WARM/, '$1'));
    expect(findingsOf(verdict)).toEqual([expect.stringMatching(/^dangerous: .*WARM was added to enum type Temperature/)]);
  });

  it('tells of another description, since the file is to be what is published', async () => {
    const verdict = await changedFrom(GRAPHQL, (text) => text.replace('The position of the last event', 'The place of the last event'));
    expect(findingsOf(verdict)).toEqual([expect.stringMatching(/^safe: /)]);
  });

  it('is said to be missing when it is', async () => {
    folder.remove();
    const { ok, report } = await checkContracts(folder.path);
    expect(ok).toBe(false);
    expect(report).toContain(`${GRAPHQL} does not exist yet`);
    expect(report).not.toContain('breaking: schema');
  });
});

describe('the events', () => {
  it('break readers of logs when the shape of a version changes', async () => {
    const verdict = await changedEvents((schemas) => {
      const registered = schemas['lead']?.['LeadRegistered.v1'] as { required: string[] };
      registered.required = registered.required.slice(1);
    });
    expect(findingsOf(verdict)).toEqual([expect.stringMatching(/^breaking: .*lead\/LeadRegistered\.v1 changed; make it a new version/)]);
  });

  it('break readers of logs when a version or a whole record type is gone', async () => {
    const verdict = await changedEvents((schemas) => {
      Object.assign(schemas['lead'] ?? {}, { 'LeadForgotten.v1': {} });
      schemas['weather'] = { 'RainFell.v1': {} };
    });
    expect([...findingsOf(verdict)].sort()).toEqual([
      expect.stringMatching(/^breaking: .*lead\/LeadForgotten\.v1 was removed/),
      expect.stringMatching(/^breaking: .*weather\/RainFell\.v1 was removed/),
    ]);
  });

  it('break no one when a type or a version is new', async () => {
    const verdict = await changedEvents((schemas) => {
      delete schemas['lead']?.['LeadAssigned.v1'];
      delete schemas['account'];
    });
    expect(findingsOf(verdict).every((finding) => /^safe: .* is new$/.test(finding))).toBe(true);
    expect(findingsOf(verdict)).toContainEqual(expect.stringContaining('lead/LeadAssigned.v1'));
  });
});
