import { describe, expect, test } from '@jest/globals';
import { InvalidSource } from '../../src/import/csv-source.js';
import { InvalidMapping } from '../../src/import/mapping-document.js';
import { readMapping, type Mapping } from '../../src/import/mapping.js';
import { folderPerTest } from '../support/folder.js';
import { writeFiles } from '../support/domain/import-files.js';

const folder = folderPerTest();

const LEADS = 'id,name,origin,since\n1,Ana,web,2024-01-05\n';
const DEALS = 'lead,won\n1,2024-02-01\n';

function read(yaml: string, places?: Parameters<typeof readMapping>[1]): Mapping {
  return readMapping(writeFiles(folder.path, { 'm.yaml': yaml, 'leads.csv': LEADS, 'deals.csv': DEALS }), places);
}

/** The problems of an invalid mapping, as `line: message`. */
function problems(yaml: string, places?: Parameters<typeof readMapping>[1]): readonly string[] {
  try {
    read(yaml, places);
  } catch (error) {
    if (!(error instanceof InvalidMapping)) throw error;
    expect(error.message.split('\n').every((line) => line.startsWith(`${folder.path}/m.yaml:`))).toBe(true);
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
  throw new Error('The mapping is valid.');
}

const HEAD = `name: shop
sources:
  leads: { file: leads.csv, key: id }
  deals: { file: deals.csv, key: lead }
`;

/** A mapping with these steps, which begin in line 8. */
const step = (lines: string): string =>
  `${HEAD}records:\n  - from: leads\n    steps:\n${lines
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n')}\n`;

test('a valid mapping is read with its files', () => {
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

test('a YAML anchor can be used again', () => {
  const yaml = `${HEAD}records:
  - from: leads
    steps:
      - { name: a, command: RegisterAccount, input: &who { name: =leads.name } }
      - { name: b, command: RegisterContact, input: *who }
`;
  expect(read(yaml).records[0]?.steps).toHaveLength(2);
});

test('one source can be read from another path, all others from another folder', () => {
  writeFiles(folder.path, { 'other/deals.csv': 'lead,won\n', 'x.csv': LEADS.replace('Ana', 'Ion') });
  const yaml = step('- { command: RegisterLead, input: { name: =leads.name } }');
  const mapping = read(yaml, { paths: new Map([['leads', `${folder.path}/x.csv`]]), folder: `${folder.path}/other` });
  expect(mapping.sources.map(({ rows }) => rows.map(({ values }) => values))).toEqual([
    [{ id: '1', name: 'Ion', origin: 'web', since: '2024-01-05' }],
    [],
  ]);
  expect(problems(yaml, { paths: new Map([['accounts', 'a.csv']]) })).toEqual([
    '3: --source accounts: the mapping has no such source; it has leads, deals',
  ]);
});

describe('a mapping is refused with the line of the problem:', () => {
  test.each<[string, string, string]>([
    [
      'an unknown command',
      '- { command: RegisterLeed, input: {} }',
      '8: there is no command RegisterLeed; the commands are AdvanceOpportunity, ',
    ],
    [
      'an unknown field',
      '- command: RegisterLead\n  input:\n    name: =leads.name\n    colour: red',
      '11: RegisterLead has no field colour; it has id, name, company',
    ],
    [
      'an unknown field of an object',
      '- command: ConvertLead\n  input:\n    id: =leads.id\n    account:\n      nam: x',
      '12: ConvertLead has no field account.nam; it has existing, new',
    ],
    ['a missing field', '- command: RegisterLead\n  input: { origin: web }', '9: RegisterLead needs name'],
    ['a missing input', '- command: QualifyLead', '8: QualifyLead needs id, temperature'],
    [
      'an object without a required field',
      '- command: ConvertLead\n  input:\n    id: =leads.id\n    opportunity:\n      pipelineId: p',
      '12: ConvertLead, in opportunity, needs amount',
    ],
    [
      'a field that the import sets itself',
      '- { command: RegisterLead, input: { name: x, occurredAt: 2024-01-01 } }',
      "8: occurredAt can't be set in the input: give it as the step's `at`",
    ],
    [
      'a constant that is not one of the choices',
      '- command: QualifyLead\n  input:\n    id: =leads.id\n    temperature: boiling',
      '11: QualifyLead: temperature must be one of "hot", "warm", "cold"',
    ],
    ['a number instead of a text', '- { command: RegisterLead, input: { name: 7 } }', '8: RegisterLead: name must be'],
    [
      'a wrong currency',
      '- command: ConvertLead\n  input:\n    id: =leads.id\n    opportunity:\n      pipelineId: p\n      amount:\n        amount: 5\n        currency: eur',
      '15: ConvertLead: opportunity.amount.currency must be an ISO 4217 code',
    ],
    ['a text instead of an object', '- command: ConvertLead\n  input:\n    id: =leads.id\n    account: x', '11: ConvertLead: account'],
    ['an object instead of a text', '- command: RegisterLead\n  input:\n    name: { first: x }', '10: name takes a text, not an object'],
    [
      'an unknown column',
      '- command: RegisterLead\n  input:\n    name: =leads.nme',
      '10: the expression leads.nme uses "nme", which is not a column of leads; its columns are id, name, origin, since',
    ],
    [
      'a source that is not joined',
      '- command: RegisterLead\n  input:\n    name: =deals.won',
      "10: the expression deals.won can't be evaluated: Unknown variable: deals; defined are leads",
    ],
    ['a syntax error', '- { command: RegisterLead, input: { name: =leads.name + } }', '8: the expression leads.name + is not valid'],
    [
      'an expression of another type',
      '- command: QualifyLead\n  input:\n    id: =leads.id\n    temperature: hot\n    score: =leads.name',
      '12: score takes a whole number: whole(text), cents(text); the expression leads.name gives a text',
    ],
    [
      'a condition that is not true or false',
      '- { command: RegisterLead, when: =leads.name, input: { name: x } }',
      '8: records.0.steps.0.when must give true or false; the expression leads.name gives a text',
    ],
    [
      'a condition without "="',
      '- { command: RegisterLead, when: leads.name, input: { name: x } }',
      'when must be an expression: a text that begins with "="',
    ],
    ['an invalid time', '- { command: RegisterLead, at: soon, input: { name: x } }', '8: the value is not a time'],
    [
      'two steps with the same name',
      '- { command: RegisterLead, input: { name: x } }\n- { command: RegisterLead, input: { name: x } }',
      '9: two steps are named "RegisterLead"',
    ],
    [
      'an unknown key',
      '- { command: RegisterLead, inputs: { name: x } }',
      '8: records.0.steps.0 has no "inputs"; allowed are name, command, when, at, by, input',
    ],
  ])('%s', (_, lines, message) => {
    expect(problems(step(lines)).join('\n')).toContain(message);
  });

  test.each<[string, string, string]>([
    ['no name', 'sources: {}\n', '1: the mapping needs a name'],
    ['an invalid name', 'name: My Shop!\nsources: {}\n', '1: name must be 1 to 50 lower-case letters'],
    ['no sources', 'name: shop\n', '1: the mapping needs `sources`'],
    ['an unknown time zone', 'name: shop\ntimeZone: Mars\nsources: {}\n', '2: "Mars" is not a time zone'],
    [
      'an unknown encoding',
      'name: shop\nsources:\n  leads:\n    file: leads.csv\n    encoding: klingon\n',
      '5: "klingon" is not an encoding',
    ],
    [
      "a source name that expressions can't use",
      'name: shop\nsources:\n  my-leads: { file: leads.csv }\n',
      '3: "my-leads" can\'t be used as a name',
    ],
    ['no steps', HEAD, '1: the mapping has no steps'],
    ['an unknown source', `${HEAD}records:\n  - { from: lead, steps: [] }\n`, '6: there is no source lead; the sources are leads, deals'],
    [
      'a join with an unknown source',
      `${HEAD}records:\n  - { from: leads, join: { sales: =leads.id }, steps: [] }\n`,
      '6: there is no source sales to join',
    ],
    [
      'two records with the same name',
      `${HEAD}records:\n  - { from: leads, steps: [] }\n  - { from: leads, steps: [] }\n`,
      'two records are named "leads"',
    ],
    ['a list instead of an object', '- a\n- b\n', '1: the mapping must be an object'],
    ['invalid YAML', 'name: shop\nsources: {a: =x ? y : z: 1\n', 'not valid YAML'],
    ['an empty file', '', '1: the mapping is empty'],
    [
      'with wrong constants in the setup',
      `${HEAD}setup:\n  - command: DefinePipeline\n    input:\n      name: x\n      currency: EUR\n      stages:\n        - { name: a, probability: 100 }\n      lossReasons: [no]\n`,
      '11: DefinePipeline: stages.0.probability must be from 1 to 99',
    ],
  ])('%s', (_, yaml, message) => {
    expect(problems(yaml).join('\n')).toContain(message);
  });

  test('all problems at once, in order of their lines', () => {
    expect(
      problems(step('- { command: RegisterLead, input: { colour: red } }\n- { command: Nothing }')).map((text) => text.slice(0, 2)),
    ).toEqual(['8:', '8:', '9:']);
  });

  test('a missing file', () => {
    expect(() => readMapping(`${folder.path}/no.yaml`)).toThrow("no.yaml:1: the mapping can't be read");
  });
});

test('an invalid source file is refused with file and line', () => {
  const mapping = writeFiles(folder.path, {
    'm.yaml': step('- { command: RegisterLead, input: { name: =leads.name } }'),
    'leads.csv': 'id,name\n1,"x\n',
    'deals.csv': DEALS,
  });
  expect(() => readMapping(mapping)).toThrow(InvalidSource);
  expect(() => readMapping(mapping)).toThrow('leads.csv:2: the closing quote of a value is missing');
});
