import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { InvalidSource } from '../../src/import/csv-source.js';
import { InvalidMapping } from '../../src/import/mapping-document.js';
import { readMapping, type Mapping } from '../../src/import/mapping.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { writeFiles } from '../support/domain/import-files.js';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const LEADS = 'id,name,origin,since\n1,Ana,web,2024-01-05\n';
const DEALS = 'lead,won\n1,2024-02-01\n';

function read(yaml: string, places?: Parameters<typeof readMapping>[1]): Mapping {
  return readMapping(writeFiles(folder.path, { 'm.yaml': yaml, 'leads.csv': LEADS, 'deals.csv': DEALS }), places);
}

/** The complaints, as `line: message`. */
function complaints(yaml: string, places?: Parameters<typeof readMapping>[1]): readonly string[] {
  try {
    read(yaml, places);
  } catch (error) {
    if (!(error instanceof InvalidMapping)) throw error;
    expect(error.message.split('\n').every((line) => line.startsWith(`${folder.path}/m.yaml:`))).toBe(true);
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
  throw new Error('The mapping was taken.');
}

const HEAD = `name: shop
sources:
  leads: { file: leads.csv, key: id }
  deals: { file: deals.csv, key: lead }
`;

/** One step, its lines numbered from 8. */
const step = (lines: string): string =>
  `${HEAD}records:\n  - from: leads\n    steps:\n${lines
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n')}\n`;

test('a mapping that is right is read with its files', () => {
  const mapping = read(`${HEAD}records:
  - from: leads
    join: { deals: =leads.id }
    let: { lead: '=id("lead", leads.id)' }
    at: =instant(leads.since)
    steps:
      - command: RegisterLead
        input: { id: =lead, name: =leads.name, origin: '=found(deals) ? "won" : leads.origin' }
`);
  expect(mapping).toMatchObject({
    name: 'shop',
    timeZone: 'UTC',
    setup: [],
    records: [{ name: 'leads', steps: [{ name: 'RegisterLead' }] }],
  });
  expect(mapping.sources.map(({ rows }) => rows.length)).toEqual([1, 1]);
});

test('a value can be named once and used again', () => {
  const yaml = `${HEAD}records:
  - from: leads
    steps:
      - { name: a, command: RegisterAccount, input: &who { name: =leads.name } }
      - { name: b, command: RegisterContact, input: *who }
`;
  expect(read(yaml).records[0]?.steps).toHaveLength(2);
});

test('files are taken from elsewhere: one by name, the others from a folder', () => {
  writeFiles(folder.path, { 'other/deals.csv': 'lead,won\n', 'x.csv': LEADS.replace('Ana', 'Ion') });
  const yaml = step('- { command: RegisterLead, input: { name: =leads.name } }');
  const mapping = read(yaml, { paths: new Map([['leads', `${folder.path}/x.csv`]]), folder: `${folder.path}/other` });
  expect(mapping.sources.map(({ rows }) => rows.map(({ values }) => values))).toEqual([
    [{ id: '1', name: 'Ion', origin: 'web', since: '2024-01-05' }],
    [],
  ]);
  expect(complaints(yaml, { paths: new Map([['accounts', 'a.csv']]) })).toEqual([
    '3: --source accounts: the mapping has no such source; it has leads, deals',
  ]);
});

describe('a mapping is refused, with the line,', () => {
  test.each<[string, string, string]>([
    [
      'for an unknown command',
      '- { command: RegisterLeed, input: {} }',
      '8: there is no command RegisterLeed; there is AdvanceOpportunity, ',
    ],
    [
      'for an unknown field',
      '- command: RegisterLead\n  input:\n    name: =leads.name\n    colour: red',
      '11: RegisterLead has no field colour; it has id, name, company',
    ],
    [
      'for an unknown field of a part',
      '- command: ConvertLead\n  input:\n    id: =leads.id\n    account:\n      nam: x',
      '12: ConvertLead has no field account.nam; it has accountId',
    ],
    ['for a field that is missing', '- command: RegisterLead\n  input: { origin: web }', '9: RegisterLead needs name'],
    ['for a missing input', '- command: QualifyLead', '8: QualifyLead needs id, temperature'],
    [
      'for a part that lacks something',
      '- command: ConvertLead\n  input:\n    id: =leads.id\n    opportunity:\n      pipelineId: p',
      '12: ConvertLead, in opportunity, needs amount',
    ],
    [
      'for what the import sets itself',
      '- { command: RegisterLead, input: { name: x, occurredAt: 2024-01-01 } }',
      "8: occurredAt is not given in the input: it is the step's `at`",
    ],
    [
      'for a wrong constant of a list of words',
      '- command: QualifyLead\n  input:\n    id: =leads.id\n    temperature: boiling',
      '11: QualifyLead: temperature must be one of "hot", "warm", "cold"',
    ],
    ['for a number where a text belongs', '- { command: RegisterLead, input: { name: 7 } }', '8: RegisterLead: name must be'],
    [
      'for a wrong currency',
      '- command: ConvertLead\n  input:\n    id: =leads.id\n    opportunity:\n      pipelineId: p\n      amount:\n        amount: 5\n        currency: eur',
      '15: ConvertLead: opportunity.amount.currency must be an ISO 4217 code',
    ],
    [
      'for a text where an object belongs',
      '- command: ConvertLead\n  input:\n    id: =leads.id\n    account: x',
      '11: ConvertLead: account',
    ],
    [
      'for an object where a text belongs',
      '- command: RegisterLead\n  input:\n    name: { first: x }',
      '10: name takes a text, not an object',
    ],
    [
      'for an unknown column',
      '- command: RegisterLead\n  input:\n    name: =leads.nme',
      '10: the expression leads.nme asks for "nme", which is no column of leads; it has id, name, origin, since',
    ],
    [
      'for a source that is not joined',
      '- command: RegisterLead\n  input:\n    name: =deals.won',
      "10: the expression deals.won can't be computed: Unknown variable: deals; there is leads",
    ],
    ['for syntax', '- { command: RegisterLead, input: { name: =leads.name + } }', "8: the expression leads.name + can't be read"],
    [
      'for an expression of another type',
      '- command: QualifyLead\n  input:\n    id: =leads.id\n    temperature: hot\n    score: =leads.name',
      '12: score takes a whole number: whole(text), cents(text); the expression leads.name gives a text',
    ],
    [
      'for a condition that is none',
      '- { command: RegisterLead, when: =leads.name, input: { name: x } }',
      '8: records.0.steps.0.when must give true or false; the expression leads.name gives a text',
    ],
    [
      'for a condition without "="',
      '- { command: RegisterLead, when: leads.name, input: { name: x } }',
      'when must be an expression: a text that begins with "="',
    ],
    ['for a time that is none', '- { command: RegisterLead, at: soon, input: { name: x } }', '8: the value is not a time'],
    [
      'for two steps of one name',
      '- { command: RegisterLead, input: { name: x } }\n- { command: RegisterLead, input: { name: x } }',
      '9: two steps are called "RegisterLead"',
    ],
    [
      'for an unknown key',
      '- { command: RegisterLead, inputs: { name: x } }',
      '8: records.0.steps.0 has no "inputs"; it may have name, command, when, at, by, input',
    ],
  ])('%s', (_, lines, message) => {
    expect(complaints(step(lines)).join('\n')).toContain(message);
  });

  test.each<[string, string, string]>([
    ['without a name', 'sources: {}\n', '1: the mapping needs a name'],
    ['with a name that could not be one', 'name: My Shop!\nsources: {}\n', '1: name must be 1 to 50 small letters'],
    ['without sources', 'name: shop\n', '1: the mapping needs sources'],
    ['with an unknown time zone', 'name: shop\ntimeZone: Mars\nsources: {}\n', '2: "Mars" is not a time zone'],
    [
      'with an unknown encoding',
      'name: shop\nsources:\n  leads:\n    file: leads.csv\n    encoding: klingon\n',
      '5: "klingon" is not an encoding',
    ],
    [
      'with a source that expressions could not name',
      'name: shop\nsources:\n  my-leads: { file: leads.csv }\n',
      '3: "my-leads" can\'t be used as a name',
    ],
    ['that does nothing', HEAD, '1: the mapping does nothing'],
    ['with an unknown source', `${HEAD}records:\n  - { from: lead, steps: [] }\n`, '6: there is no source lead; there is leads, deals'],
    [
      'with a join to nothing',
      `${HEAD}records:\n  - { from: leads, join: { sales: =leads.id }, steps: [] }\n`,
      '6: there is no source sales to join',
    ],
    [
      'with two records of one name',
      `${HEAD}records:\n  - { from: leads, steps: [] }\n  - { from: leads, steps: [] }\n`,
      'two records are called "leads"',
    ],
    ['that is no mapping', '- a\n- b\n', '1: the mapping must hold names with values'],
    ['that is not YAML', 'name: shop\nsources: {a: =x ? y : z: 1\n', 'not valid YAML'],
    ['that is empty', '', '1: the mapping is empty'],
    [
      'with wrong constants in the setup',
      `${HEAD}setup:\n  - command: DefinePipeline\n    input:\n      name: x\n      currency: EUR\n      stages:\n        - { name: a, probability: 100 }\n      lossReasons: [no]\n`,
      '11: DefinePipeline: stages.0.probability must be from 1 to 99',
    ],
  ])('%s', (_, yaml, message) => {
    expect(complaints(yaml).join('\n')).toContain(message);
  });

  test('all complaints at once, by line', () => {
    expect(
      complaints(step('- { command: RegisterLead, input: { colour: red } }\n- { command: Nothing }')).map((text) => text.slice(0, 2)),
    ).toEqual(['8:', '8:', '9:']);
  });

  test('when it is not there', () => {
    expect(() => readMapping(`${folder.path}/no.yaml`)).toThrow("no.yaml:1: the mapping can't be read");
  });
});

test('a file that is wrong is refused by file and line', () => {
  const mapping = writeFiles(folder.path, {
    'm.yaml': step('- { command: RegisterLead, input: { name: =leads.name } }'),
    'leads.csv': 'id,name\n1,"x\n',
    'deals.csv': DEALS,
  });
  expect(() => readMapping(mapping)).toThrow(InvalidSource);
  expect(() => readMapping(mapping)).toThrow('leads.csv:2: a quoted value begins in this row and never ends');
});
