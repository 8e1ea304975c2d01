/** `daybook dead-letters`: list, show, retry and skip, beside a running server and without one. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync } from 'node:fs';
import { domain } from '../../src/domain.js';
import { openSealed } from '../../src/engines.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { commandLine, type Answer } from '../support/processes/command-line.js';
import { daybook } from '../support/processes/daybook.js';
import { folderPerTest } from '../support/folder.js';
import { fillWithLeads } from '../support/log/leads-log.js';
import { startServer } from '../support/processes/server.js';

const folder = folderPerTest();
let data: string;
let events: string;
/** A lead whose second event fails, with a third one behind it. */
let broken: string;
/** A lead whose second event has an unknown version. */
let unknown: string;

beforeEach(async () => {
  data = `${folder.path}/data`;
  events = `${data}/events.db`;
  const [first, second] = await fillWithLeads(events, { leads: 4 });
  [broken, unknown] = [first!, second!];
  damage(`UPDATE events SET shape = NULL, data = 'null' WHERE ${at(broken, 1)}`);
  damage(`UPDATE events SET version = 99 WHERE ${at(unknown, 1)}`);
  // The first build has the dead letters.
  expect((await daybookIn(['projections', 'rebuild', 'leads'])).code).toBe(5);
});

/** SQL: the event of a lead at a revision. */
function at(lead: string, revision: number): string {
  return `position = (SELECT position FROM event_log WHERE stream = 'lead-${lead}' AND revision = ${revision})`;
}

/** Changes events in the log by hand, so that handlers fail on them, or succeed again. */
function damage(statement: string): void {
  const log = new DatabaseSync(events);
  try {
    log.exec(statement);
  } finally {
    log.close();
  }
}
const repair = (): void => damage(`UPDATE events SET shape = NULL, data = '{"ownerId":"bob","fromId":"ana"}' WHERE ${at(broken, 1)}`);

const daybookIn = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  commandLine(folder, args, environment);
const letters = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  daybookIn(['dead-letters', ...args], environment);

const ofStream = (): string => `@stream lead-${unknown}`;

async function deadLetterKeys(): Promise<readonly string[]> {
  const { out } = await letters(['list', 'leads', '--json']);
  return (JSON.parse(out) as { readonly deadLetters: readonly { readonly key: string }[] }).deadLetters.map(({ key }) => key);
}

/** The first unapplied event of a dead letter, as `show` prints it. */
async function firstUnapplied(key: string): Promise<string> {
  const { out } = await letters(['show', 'leads', key, '--json']);
  return (JSON.parse(out) as { readonly events: readonly { readonly id: string }[] }).events[0]?.id ?? '';
}

async function lastEvent(): Promise<RecordedEvent | undefined> {
  const log = await openSealed({ dataDir: data }, domain, { readOnly: true });
  try {
    return (await log.readAll((await log.head()) - 1, 1)).events[0];
  } finally {
    await log.close();
  }
}

describe('daybook dead-letters', () => {
  test('list prints each dead letter with its first event and the error', async () => {
    const { code, out } = await letters(['list']);
    expect(code).toBe(0);
    const rows = out.trimEnd().split('\n');
    expect(rows[0]).toMatch(/^build +document +events +since +tried +position +type +error$/);
    expect(rows.find((row) => row.includes(broken))).toMatch(/^leads@1#1 +\S+ +2 .* 1 +5 +LeadAssigned +Cannot read properties of null/);
    expect(rows.find((row) => row.includes(unknown))).toMatch(
      /@stream lead-\S+ +2 .* LeadAssigned version 99 is not known to this program/,
    );
    expect(rows).toHaveLength(3);
    expect((await letters(['list', 'accounts'])).out).toBe('There are no dead letters.\n');
  });

  test('show prints the events of one dead letter, and their data on demand', async () => {
    const { code, out } = await letters(['show', 'leads', broken]);
    expect(code).toBe(0);
    expect(out).toContain('events    2 events\n');
    expect(out).toMatch(/ 5 +LeadAssigned +1 .*\n +9 +LeadQualified +2 /);
    expect(out).not.toContain('"temperature"');
    expect((await letters(['show', 'leads', broken, '--data'])).out).toContain('"temperature": "warm"');
    const { events } = JSON.parse((await letters(['show', 'leads', ofStream(), '--json'])).out) as { readonly events: readonly object[] };
    expect(events).toMatchObject([
      { type: 'LeadAssigned', revision: 1, attempts: 1, error: expect.stringContaining('version 99') },
      { type: 'LeadQualified', revision: 2, attempts: 0, error: null },
    ]);
    expect(await letters(['show', 'leads', 'nobody'])).toMatchObject({ code: 1, err: 'leads has no dead letter "nobody".\n' });
  });

  test('retry prints the dead letters that remain, and ends with 5 if there are any', async () => {
    const first = await letters(['retry', 'leads']);
    expect(first.code).toBe(5);
    expect(first.out).toContain('Retried by local, at position 13 of the log: 0 dead letters resolved, 2 remain.\n\nbuild ');

    repair();
    const second = await letters(['retry', 'leads', '--actor', 'ana']);
    expect(second.code).toBe(5);
    expect(second.out).toContain('Retried by ana, at position 14 of the log: 1 dead letter resolved, 1 remains.');
    expect(await deadLetterKeys()).toEqual([ofStream()]);
    expect(await letters(['retry', 'leads', broken])).toMatchObject({ code: 1, err: `leads has no dead letter "${broken}".\n` });
  });

  test('retry of one document does not affect others, and applies its events in their order', async () => {
    repair();
    expect(await letters(['retry', 'leads', broken])).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 dead letter resolved, none remains.'),
    });
    expect(await deadLetterKeys()).toEqual([ofStream()]);
    expect((await daybookIn(['projections', 'verify', 'leads', '--json'])).code).toBe(0);
  });

  test('skip leaves the event out, goes on with what waited behind it, and keeps who decided and why', async () => {
    const event = await firstUnapplied(broken);
    const reason = ['--event', event, '--reason', 'Sent twice'];
    const { code, out } = await letters(['skip', 'leads', broken, ...reason, '--actor', 'eve', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      decision: { actor: 'eve', readModel: 'leads', key: broken, eventId: event, position: 13 },
      before: 1,
      deadLetters: [],
    });
    expect(await lastEvent()).toMatchObject({
      type: 'DeadLetterSkipped',
      data: { readModel: 'leads', version: 1, key: broken, eventId: event, reason: 'Sent twice' },
      metadata: { actor: 'eve' },
    });
    const later = ['--event', await firstUnapplied(ofStream()), '--reason', 'Written by a later version'];
    expect(await letters(['skip', 'leads', ofStream(), ...later], { DAYBOOK_DEFAULT_ACTOR: 'ops' })).toMatchObject({
      code: 0,
      out: expect.stringContaining('Skipped by ops, at position 14 of the log: 1 dead letter resolved, none remains.'),
    });
    expect(await deadLetterKeys()).toEqual([]);
    expect((await daybookIn(['projections', 'verify', 'leads'])).code).toBe(0);
  });

  test('a repeated skip does not skip the next event', async () => {
    damage(`UPDATE events SET shape = NULL, data = 'null' WHERE ${at(broken, 2)}`);
    const skip = ['skip', 'leads', broken, '--event', await firstUnapplied(broken), '--reason', 'Sent twice'];
    expect((await letters(skip)).code).toBe(5);
    const next = await firstUnapplied(broken);
    const position = (await lastEvent())?.position;
    const again = await letters(skip);
    expect(again).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`That is ${next}, LeadQualified at position 9`) });
    expect((await lastEvent())?.position).toBe(position);
    expect(await deadLetterKeys()).toContain(broken);
  });

  test('show ends with the command that skips the event', async () => {
    const { out } = await letters(['show', 'leads', ofStream()]);
    const [, command = ''] = /`daybook dead-letters (skip [^`]+) --reason <text>` skips/.exec(out) ?? [];
    expect(command).toBe(`skip leads '${ofStream()}' --event ${await firstUnapplied(ofStream())}`);
  });

  const anEvent = '5332df7f-3064-5bcd-b27e-ddffea7b4779';

  test.each<[readonly string[], number, string]>([
    [['skip', 'leads', 'x', '--event', anEvent], 2, "required option '--reason <text>'"],
    [['skip', 'leads', 'x', '--reason', 'y'], 2, "required option '--event <id>'"],
    [['skip', 'leads', 'x', '--event', '5', '--reason', 'y'], 2, 'Expected the id of an event, a UUID.'],
    [['skip', 'leads', 'x', '--event', anEvent, '--reason', 'y'], 1, 'leads has no dead letter "x".'],
    [['retry', 'lead'], 1, 'There is no read model "lead"'],
    [['retry', 'accounts'], 1, 'accounts has no dead letters.'],
    [['list', 'lead'], 1, 'There is no read model "lead"'],
  ])('%j gives exit code %i and a message', async (args, code, message) => {
    const answer = await letters(args);
    expect(answer).toMatchObject({ code, out: '' });
    expect(answer.err).toContain(message);
  });

  test('refuses a reason that says nothing, and writes nothing', async () => {
    const skip = ['skip', 'leads', broken, '--event', await firstUnapplied(broken)];
    expect(await letters([...skip, '--reason', '  '])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^reason .*\.\n$/),
    });
    expect(await letters([...skip, '--reason', 'y', '--actor', 'a b'])).toMatchObject({ code: 2 });
    expect(await lastEvent()).toMatchObject({ type: 'LeadQualified' });
  });

  test('does not create a missing data folder', async () => {
    const nowhere = `${folder.path}/nowhere`;
    expect(await letters(['retry', 'leads', '--data-dir', nowhere])).toMatchObject({
      code: 1,
      err: expect.stringContaining("can't be opened"),
    });
    expect(existsSync(nowhere)).toBe(false);
  });

  test('with a running server, reports what the server did', async () => {
    const server = await startServer(data);
    await server.ready();
    const run = (...args: readonly string[]) => daybook('dead-letters', ...args, '--data-dir', data).finished;
    expect(await run('retry', 'leads')).toMatchObject({ code: 5, out: expect.stringContaining('0 dead letters resolved, 2 remain.') });
    repair();
    expect(await run('retry', 'leads', broken)).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 dead letter resolved, none remains.'),
    });
    const event = await firstUnapplied(ofStream());
    expect(await run('skip', 'leads', ofStream(), '--event', event, '--reason', 'Written by a later version')).toMatchObject({ code: 0 });
    expect(await server.ask(`{ lead(id: "${broken}") { ownerId status } }`)).toMatchObject({
      lead: { ownerId: 'bob', status: 'QUALIFIED' },
    });
  });
});
