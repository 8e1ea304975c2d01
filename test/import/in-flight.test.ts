/** Steps that run at the same time: steps on related records keep the order of the plan. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { domain } from '../../src/domain.js';
import { readMapping } from '../../src/import/mapping.js';
import { runImport, type ImportOptions } from '../../src/import/run-import.js';
import type { ImportReport } from '../../src/import/report.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { LogUnavailable, type EventLog } from '../../src/log/port.js';
import { CommandHandler } from '../../src/command-handling/command-handler.js';
import { Reactor } from '../../src/policies/reactor.js';
import type { Refusal } from '../../src/policies/refusals.js';
import { PolicyStarts } from '../../src/policies/starts.js';
import { folderPerTest } from '../support/folder.js';
import { writeFiles } from '../support/domain/import-files.js';
import { overriding } from '../support/overriding.js';

const folder = folderPerTest();
let log: EventLog;
beforeEach(() => {
  log = openEmbeddedLog({ file: folder.events });
});
afterEach(async () => {
  await log.close();
});

interface Ran {
  readonly report: ImportReport;
  /** How often each command was sent, by its name. */
  readonly sent: Readonly<Record<string, number>>;
  readonly rejects: readonly string[];
}

async function importing(
  mapping: string,
  files: Readonly<Record<string, string>>,
  through = log,
  options: Partial<ImportOptions> = {},
): Promise<Ran> {
  const commandHandler = new CommandHandler({ log: through, definitions: domain.definitions });
  const refused: Refusal[] = [];
  const none = () => Promise.reject(new Error('There are no read models.'));
  const reactor = new Reactor({
    commandHandler,
    policies: domain.policies,
    definitions: domain.definitions,
    log: through,
    starts: new PolicyStarts(through, commandHandler, domain.definitions),
    finding: { views: { list: none, waitFor: none }, build: none },
    onRefusal: (refusal) => refused.push(refusal),
  });
  commandHandler.react((events, areNew) => reactor.react(events, areNew ? 'appended' : 'sentAgain'));
  const sent: Record<string, number> = {};
  const counting = overriding(commandHandler, {
    execute: (command, request) => {
      const { name } = command.definition;
      sent[name] = (sent[name] ?? 0) + 1;
      return commandHandler.execute(command, request);
    },
  });
  const report = await runImport(readMapping(writeFiles(folder.path, { 'm.yaml': mapping, ...files })), {
    log: through,
    commandHandler: counting,
    refusals: () => refused.splice(0),
    asHistory: false,
    rejectsFile: join(folder.path, 'rejects.csv'),
    ...options,
  });
  const rejects = report.rejectsFile === undefined ? [] : readFileSync(report.rejectsFile, 'utf8').trimEnd().split('\n').slice(1);
  return { report, sent, rejects };
}

const PEOPLE = `name: people
sources:
  firms: { file: firms.csv, key: id }
  people: { file: people.csv, key: id }
records:
  - from: firms
    at: 2020-01-01
    steps:
      - { command: RegisterAccount, input: { id: '=id("firm", firms.id)', name: =firms.name } }
  - from: people
    at: 2020-01-01
    steps:
      - { command: RegisterContact, input: { name: =people.name, accountId: '=id("firm", people.firm)' } }
`;

describe('an import', () => {
  test('runs the steps of different records at the same time', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => `${index},Firm ${index}`);
    let asked = 0;
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    // No append is made before all steps have asked for theirs.
    const meeting = overriding(log, {
      append: async (...append) => {
        asked += 1;
        if (asked === rows.length) meet();
        await met;
        return log.append(...append);
      },
    });
    const { report } = await importing(
      PEOPLE,
      { 'firms.csv': `id,name\n${rows.join('\n')}\n`, 'people.csv': 'id,name,firm\n1,Ana,0\n' },
      meeting,
    );
    expect(report.commands).toMatchObject({ run: 41, rejected: 0 });
  });

  test('sends a step that refers to a record after the step that creates the record', async () => {
    const firms = Array.from({ length: 20 }, (_, index) => `${index},Firm ${index}`);
    const people = Array.from({ length: 40 }, (_, index) => `${index},Person ${index},${index % 20}`);
    const { report, sent } = await importing(PEOPLE, {
      'firms.csv': `id,name\n${firms.join('\n')}\n`,
      'people.csv': `id,name,firm\n${people.join('\n')}\n`,
    });
    expect(report.commands).toMatchObject({ run: 60, rejected: 0 });
    // No command was rejected and sent a second time.
    expect(sent).toMatchObject({ RegisterAccount: 20, RegisterContact: 40 });
  });

  test('lists rejects in the order of the plan', async () => {
    const firms = Array.from({ length: 20 }, (_, index) => `${index},${index === 7 ? '' : `Firm ${index}`}`);
    const people = Array.from({ length: 20 }, (_, index) => `${index},Person ${index},${index < 5 ? 'nowhere' : index}`);
    const { report, rejects } = await importing(PEOPLE, {
      'firms.csv': `id,name\n${firms.join('\n')}\n`,
      'people.csv': `id,name,firm\n${people.join('\n')}\n`,
    });
    expect(report.commands).toMatchObject({ run: 19 + 14, rejected: 7 });
    expect(rejects.map((line) => line.split(',').slice(0, 5).join(','))).toEqual([
      'firms,9,7,RegisterAccount,INVALID_INPUT',
      ...[0, 1, 2, 3, 4, 7].map((key) => `people,${key + 2},${key},RegisterContact,ACCOUNT_NOT_FOUND`),
    ]);
  });

  test('runs a step on a record that a process manager creates', async () => {
    const mapping = `name: deals
sources:
  leads: { file: leads.csv, key: id }
  wins: { file: wins.csv, key: lead }
setup:
  - command: DefinePipeline
    at: 2020-01-01
    input: { id: '=id("pipeline", "main")', name: Main, currency: EUR, stages: [{ name: Offer, probability: 50 }], lossReasons: [price] }
records:
  - from: leads
    at: 2020-01-01
    let: { lead: '=id("lead", leads.id)' }
    steps:
      - { command: RegisterLead, input: { id: =lead, name: =leads.name, email: =leads.email } }
      - { command: QualifyLead, input: { id: =lead, temperature: hot } }
      - command: ConvertLead
        input: { id: =lead, opportunity: { pipelineId: '=id("pipeline", "main")', amount: { amount: 100, currency: EUR } } }
  - from: wins
    at: 2020-01-01
    steps:
      - { command: WinOpportunity, input: { id: '=uuid(id("lead", wins.lead), "opportunity")' } }
`;
    const { report, rejects } = await importing(mapping, {
      'leads.csv': 'id,name,email\n1,Ana,ana@shop.example\n2,Ion,ion@shop.example\n',
      'wins.csv': 'lead,won\n1,yes\n2,yes\n',
    });
    expect({ rejects, ...report.commands }).toMatchObject({ rejects: [], run: 9, rejected: 0 });
  });

  test('starts no more steps when the log fails, and fails when all running steps are done', async () => {
    const firms = Array.from({ length: 800 }, (_, index) => `${index},Firm ${index}`);
    let appends = 0;
    let underWay = 0;
    const failing = overriding(log, {
      append: async (...append) => {
        appends += 1;
        if (appends === 10) throw new LogUnavailable('The disk is full.');
        underWay += 1;
        try {
          return await log.append(...append);
        } finally {
          underWay -= 1;
        }
      },
    });
    const failure = importing(PEOPLE, { 'firms.csv': `id,name\n${firms.join('\n')}\n`, 'people.csv': 'id,name,firm\n' }, failing);
    await expect(failure).rejects.toThrow('The disk is full.');
    expect(underWay).toBe(0);
    expect(appends).toBeLessThan(firms.length);
  });
});
