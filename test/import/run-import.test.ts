import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { loadConfig } from '../../src/config.js';
import { HistoryNotEmpty } from '../../src/import/history.js';
import { recordId } from '../../src/import/functions.js';
import { SetupRefused } from '../../src/import/run-import.js';
import { describeReport, exitCodeOf } from '../../src/import/report.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { openRuntime } from '../../src/runtime.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { folderPerTest, temporaryFolder } from '../support/folder.js';
import { importInto, writeFiles } from '../support/domain/import-files.js';

const folder = folderPerTest();

const MAPPING = `name: shop
timeZone: Europe/Bucharest
sources:
  leads: { file: leads.csv, key: id }
  deals: { file: deals.csv, key: lead }
setup:
  - command: DefinePipeline
    input:
      id: =id("pipeline", "main")
      name: Main
      currency: EUR
      stages: [{ name: Offer, probability: 50 }]
      lossReasons: [price]
records:
  - name: lead
    from: leads
    join: { deals: =leads.id }
    let: { lead: '=id("lead", leads.id)' }
    steps:
      - command: RegisterLead
        at: =instant(leads.since)
        input: { id: =lead, name: =leads.name, email: =leads.email }
      - command: QualifyLead
        when: =found(deals)
        at: =instant(deals.won)
        by: =deals.seller
        input: { id: =lead, temperature: hot, score: =whole(deals.score) }
      - command: ConvertLead
        when: =found(deals)
        at: =instant(deals.won)
        by: =deals.seller
        input:
          id: =lead
          ownerId: =deals.seller
          opportunity: { pipelineId: '=id("pipeline", "main")', amount: { amount: =cents(deals.amount), currency: EUR } }
      - command: WinOpportunity
        when: =found(deals)
        at: =instant(deals.won)
        by: =deals.seller
        input: { id: '=uuid(lead, "opportunity")' }
`;
const LEADS = `id,name,email,since,colour
1,Ana,ana@shop.example,2024-03-01 10:00,red
2,Ion,,2024-01-01,blue
3,Eva,eva@shop.example,2024-02-01,
`;
const DEALS = `lead,seller,won,amount,score
1,mara,2024-03-02 09:30,120.50,80
3,mara,2024-01-15,99,
`;

const files = (over: Readonly<Record<string, string>> = {}): string =>
  writeFiles(folder.path, { 'm.yaml': MAPPING, 'leads.csv': LEADS, 'deals.csv': DEALS, ...over });

const idOf = (key: string): string => recordId('shop', 'lead', key);

/** The events of a lead with a deal, and of the records that its conversion creates, after the registration. */
const CLOSED = ['LeadQualified', 'LeadConverted', 'AccountRegistered', 'ContactRegistered', 'OpportunityOpened', 'OpportunityWon'];

/** The events of a lead and of the records that its conversion creates, in the order of the log. */
function eventsAbout(events: readonly RecordedEvent[], key: string): readonly RecordedEvent[] {
  const lead = idOf(key);
  const ids = [lead, ...['account', 'contact', 'opportunity'].map((part) => derivedId(lead, part))];
  return events.filter(({ stream }) => ids.includes(stream.id));
}

describe('an import', () => {
  test('runs the steps of each record in order, with the times, owners and amounts of the mapping', async () => {
    const { report, events } = await importInto(folder.path, files());
    const timesOf = (key: string) => eventsAbout(events, key).map(({ type, metadata }) => [type, metadata.occurredAt.slice(0, 16)]);
    expect(events[0]?.type).toBe('PipelineDefined');
    expect(timesOf('2')).toEqual([['LeadRegistered', '2023-12-31T22:00']]);
    expect(timesOf('3')).toEqual([['LeadRegistered', '2024-01-31T22:00'], ...CLOSED.map((type) => [type, '2024-01-14T22:00'])]);
    expect(timesOf('1')).toEqual([['LeadRegistered', '2024-03-01T08:00'], ...CLOSED.map((type) => [type, '2024-03-02T07:30'])]);
    const won = eventsAbout(events, '1').at(-1);
    expect(won?.data).toMatchObject({ amount: { amount: 12_050, currency: 'EUR' }, standing: { ownerId: 'mara' } });
    expect(won?.metadata).toMatchObject({ actor: 'import:shop', onBehalfOf: 'mara' });
    expect(won?.metadata.importedAt).toBeUndefined();
    expect(eventsAbout(events, '2')[0]?.data).toMatchObject({ name: 'Ion', email: null });

    expect(report).toMatchObject({
      sources: [
        { name: 'leads', rows: 3, unusedColumns: ['colour'] },
        { name: 'deals', rows: 2, unusedColumns: [] },
      ],
      records: [{ name: 'lead', count: 3 }],
      commands: { run: 10, alreadyImported: 0, unchanged: 0, rejected: 0, notRun: 0 },
      events: 16,
      unmatched: [{ record: 'lead', source: 'deals', count: 1 }],
      unusedRows: [],
      outOfOrder: { count: 1, examples: [{ source: 'leads', line: 4, key: '3' }] },
      stopped: false,
    });
    expect(exitCodeOf(report)).toBe(0);
    expect(describeReport(report)).toContain('1 record has a step that is dated before an earlier step (leads line 4)');
    expect(existsSync(`${folder.path}/rejects.csv`)).toBe(false);
  });

  test('writes nothing when it is repeated, and says so', async () => {
    const first = await importInto(folder.path, files());
    const second = await importInto(folder.path, files());
    expect(second.events).toEqual(first.events);
    expect(second.report).toMatchObject({ commands: { run: 0, alreadyImported: 10 }, events: 0 });
    expect(exitCodeOf(second.report)).toBe(0);
    expect(describeReport(second.report)).toContain('Nothing new: everything had been imported before.');
  });

  test('continues after it was stopped, with the same result', async () => {
    const stop = new AbortController();
    const part = await importInto(folder.path, files(), { signal: stop.signal, onProgress: (done) => done >= 5 && stop.abort() });
    expect(part.report.stopped).toBe(true);
    expect(exitCodeOf(part.report)).toBe(130);
    expect(part.events.length).toBeGreaterThan(3);
    expect(part.events.length).toBeLessThan(16);

    const rest = await importInto(folder.path, files());
    expect(rest.report.commands.run + part.report.commands.run).toBe(10);
    const whole = temporaryFolder();
    const once = await importInto(whole.path, files());
    whole.remove();
    const written = (events: readonly RecordedEvent[]) => events.map(({ id, stream, type, data }) => ({ id, stream, type, data }));
    for (const key of ['1', '2', '3']) expect(written(eventsAbout(rest.events, key))).toEqual(written(eventsAbout(once.events, key)));
    expect(rest.events).toHaveLength(once.events.length);
  });

  test('that is run again passes over steps that had nothing to change, though they would be refused by now', async () => {
    const assign = `      - { command: AssignLead, at: =instant(leads.since), input: { id: =lead, ownerId: 'import:shop' } }\n      - command: QualifyLead`;
    const mapping = { 'm.yaml': MAPPING.replace('      - command: QualifyLead', assign) };
    const first = await importInto(folder.path, files(mapping));
    expect(first.report.commands).toMatchObject({ run: 10, unchanged: 3, rejected: 0 });
    const second = await importInto(folder.path, files(mapping));
    expect(second.report.commands).toMatchObject({ run: 0, alreadyImported: 10, unchanged: 3, rejected: 0 });
    expect(second.events).toEqual(first.events);
  });

  test('imports only the new rows of a file that has grown', async () => {
    await importInto(folder.path, files());
    const { report, events } = await importInto(folder.path, files({ 'leads.csv': `${LEADS}4,Dan,,2024-02-02,\n` }));
    expect(report.commands).toMatchObject({ run: 1, alreadyImported: 10 });
    expect(events.at(-1)).toMatchObject({ type: 'LeadRegistered', stream: { id: idOf('4') } });
  });
});

describe('a rejected step', () => {
  test('is listed in the rejects file with the reason; later steps of its record do not run, all others do', async () => {
    const { report, events, rejects } = await importInto(
      folder.path,
      files({ 'leads.csv': LEADS.replace('ana@shop.example', 'ana at shop').replace('2024-01-01', 'January') }),
    );
    expect(rejects).toEqual([
      'source,line,key,step,code,reason,not_run',
      'leads,2,1,RegisterLead,INVALID_INPUT,email must be an e-mail address such as ana@example.com.,QualifyLead; ConvertLead; WinOpportunity',
      expect.stringMatching(/^leads,3,2,RegisterLead,INVALID_VALUE,at: the value is not a time such as 2018-02-26 19:58:54\.,$/),
    ]);
    expect(report.commands).toMatchObject({ run: 5, rejected: 2, notRun: 3 });
    expect(events.filter(({ type }) => type === 'LeadRegistered').map(({ stream }) => stream.id)).toEqual([idOf('3')]);
    expect(exitCodeOf(report)).toBe(3);
    expect(describeReport(report)).toContain('2 rejected, 3 not run because an earlier step of the record was rejected');
  });

  test('leaves the earlier steps of its record in place', async () => {
    const { report, events, rejects } = await importInto(folder.path, files({ 'deals.csv': DEALS.replace('99', '-99') }));
    expect(rejects).toEqual([expect.any(String), expect.stringMatching(/^leads,4,3,ConvertLead,AMOUNT_NEGATIVE,.*,WinOpportunity$/)]);
    expect(report.commands).toMatchObject({ run: 8, rejected: 1, notRun: 1 });
    expect(events.filter(({ stream }) => stream.id === idOf('3')).map(({ type }) => type)).toEqual(['LeadRegistered', 'LeadQualified']);
  });

  test('is imported when the source is corrected and imported again', async () => {
    await importInto(folder.path, files({ 'deals.csv': DEALS.replace('99', '-99') }));
    const { report } = await importInto(folder.path, files());
    expect(report.commands).toMatchObject({ run: 2, alreadyImported: 8, rejected: 0 });
  });

  test('is the step of a row that has changed since it was imported', async () => {
    await importInto(folder.path, files());
    const { report, events, rejects } = await importInto(folder.path, files({ 'leads.csv': LEADS.replace('Ion', 'Ioan') }));
    expect(rejects[1]).toMatch(/^leads,3,2,RegisterLead,COMMAND_ID_REUSED,.*its values in the row have changed since/);
    expect(report.commands).toMatchObject({ run: 0, alreadyImported: 9, rejected: 1 });
    expect(events).toHaveLength(16);
  });

  test('is one in the future, or with an invalid user id', async () => {
    const { rejects } = await importInto(
      folder.path,
      files({ 'leads.csv': LEADS.replace('2024-01-01', '2999-01-01'), 'deals.csv': DEALS.replace('1,mara', '1,mara the first') }),
    );
    expect(rejects.join('\n')).toContain('leads,3,2,RegisterLead,OCCURRED_IN_FUTURE');
    expect(rejects.join('\n')).toContain('leads,2,1,QualifyLead,INVALID_VALUE,"by: must be a user id');
  });

  test('gives exit code 1 when nothing was imported', async () => {
    const leads = 'id,name,email,since,colour\n1,,,2024-01-01,\n';
    const { report } = await importInto(
      folder.path,
      files({ 'leads.csv': leads, 'm.yaml': MAPPING.replace(/setup:[\s\S]*records:/, 'records:') }),
    );
    expect(report.commands).toMatchObject({ run: 0, rejected: 1 });
    expect(exitCodeOf(report)).toBe(1);
  });

  test('of the setup ends the import before any record is imported', async () => {
    await importInto(folder.path, files());
    const changed = files({ 'm.yaml': MAPPING.replace('probability: 50', 'probability: 60'), 'leads.csv': `${LEADS}4,Dan,,2024-02-02,\n` });
    const failure = importInto(folder.path, changed);
    await expect(failure).rejects.toThrow(SetupRefused);
    await expect(failure).rejects.toThrow(/The setup step DefinePipeline was rejected \(COMMAND_ID_REUSED\)/);
    expect((await importInto(folder.path, files())).events).toHaveLength(16);
  });
});

describe('as history', () => {
  test("the recorded times are the source's, in order, and every event has the time of the import", async () => {
    const { events } = await importInto(folder.path, files(), { asHistory: true, clock: () => Date.parse('2026-01-01T00:00:00Z') });
    expect(events.map(({ metadata }) => metadata.recordedAt.slice(0, 16))).toEqual([
      ...Array.from({ length: 2 }, () => '2023-12-31T22:00'),
      ...Array.from({ length: 7 }, () => '2024-01-31T22:00'),
      '2024-03-01T08:00',
      ...Array.from({ length: 6 }, () => '2024-03-02T07:30'),
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      ...['PipelineDefined', 'LeadRegistered', 'LeadRegistered', ...CLOSED],
      ...['LeadRegistered', ...CLOSED],
    ]);
    // The deal that was won before its first contact keeps its date.
    expect(events[8]).toMatchObject({ type: 'OpportunityWon', metadata: { occurredAt: '2024-01-14T22:00:00.000Z' } });
    expect(new Set(events.map(({ metadata }) => metadata.importedAt))).toEqual(new Set(['2026-01-01T00:00:00.000Z']));
  });

  test('an interrupted import continues', async () => {
    const stop = new AbortController();
    await importInto(folder.path, files(), { asHistory: true, signal: stop.signal, onProgress: (done) => done >= 5 && stop.abort() });
    const { report, events } = await importInto(folder.path, files(), { asHistory: true });
    expect(report.stopped).toBe(false);
    expect(events).toHaveLength(16);
    const recorded = events.map(({ metadata }) => metadata.recordedAt);
    expect(recorded).toEqual([...recorded].sort());
  });

  test('is refused if the log holds other events', async () => {
    const runtime = await openRuntime(loadConfig({}, { dataDir: `${folder.path}/data`, readerThreads: 0 }), { onRefusal: () => undefined });
    await runtime.commandHandler.execute(RegisterLead({ name: 'Somebody' }), { actor: 'mara' });
    await runtime.close();
    await expect(importInto(folder.path, files(), { asHistory: true })).rejects.toThrow(HistoryNotEmpty);
    expect((await importInto(folder.path, files())).events).toHaveLength(17);
  });

  test('is refused after the import of another mapping', async () => {
    await importInto(folder.path, files(), { asHistory: true });
    await expect(
      importInto(folder.path, files({ 'm.yaml': MAPPING.replace('name: shop', 'name: mall') }), { asHistory: true }),
    ).rejects.toThrow(HistoryNotEmpty);
  });
});
