/** `daybook dead-letters`: what waits, why, and what comes of an operator's decision, beside a running server and without one. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync } from 'node:fs';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { commandLine, type Answer } from '../support/processes/command-line.js';
import { daybook, killDaybooks } from '../support/processes/daybook.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { fillWithLeads } from '../support/log/leads-log.js';
import { startServer, stopServers } from '../support/processes/server.js';

let folder: Folder;
let data: string;
let events: string;
/** A document whose second event can't be taken, with a third one behind it. */
let broken: string;
/** A lead whose second event is of a version that this program does not know. */
let unknown: string;

beforeEach(async () => {
  folder = temporaryFolder();
  data = `${folder.path}/data`;
  events = `${data}/events.db`;
  const [first, second] = await fillWithLeads(events, { leads: 4 });
  [broken, unknown] = [first!, second!];
  damage(`UPDATE events SET data = 'null' WHERE stream = 'lead-${broken}' AND revision = 1`);
  damage(`UPDATE events SET version = 99 WHERE stream = 'lead-${unknown}' AND revision = 1`);
  // The documents wait from the first build on.
  expect((await daybookIn(['projections', 'rebuild', 'leads'])).code).toBe(5);
});
afterEach(async () => {
  killDaybooks();
  await stopServers();
  folder.remove();
});

/** Changes the log as no program does: what stands in it is what handlers can't take, or can again. */
function damage(statement: string): void {
  const log = new DatabaseSync(events);
  try {
    log.exec(statement);
  } finally {
    log.close();
  }
}
const repair = (): void =>
  damage(`UPDATE events SET data = '{"owner":"bob","from":"ana"}' WHERE stream = 'lead-${broken}' AND revision = 1`);

const daybookIn = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  commandLine(folder, args, environment);
const letters = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  daybookIn(['dead-letters', ...args], environment);

const ofStream = (): string => `@stream lead-${unknown}`;

async function waitingKeys(): Promise<readonly string[]> {
  const { out } = await letters(['list', 'leads', '--json']);
  return (JSON.parse(out) as { readonly deadLetters: readonly { readonly key: string }[] }).deadLetters.map(({ key }) => key);
}

/** The first event that waits for a document, as `show` names it. */
async function firstWaiting(key: string): Promise<string> {
  const { out } = await letters(['show', 'leads', key, '--json']);
  return (JSON.parse(out) as { readonly waiting: readonly { readonly id: string }[] }).waiting[0]?.id ?? '';
}

async function lastEvent(): Promise<RecordedEvent | undefined> {
  const log = openEmbeddedLog({ file: events, readOnly: true });
  try {
    return (await log.readAll((await log.head()) - 1, 1)).events[0];
  } finally {
    await log.close();
  }
}

describe('daybook dead-letters', () => {
  test('list names each document that waits, with its first event and why', async () => {
    const { code, out } = await letters(['list']);
    expect(code).toBe(0);
    const rows = out.trimEnd().split('\n');
    expect(rows[0]).toMatch(/^build +document +events +since +tried +position +type +error$/);
    expect(rows.find((row) => row.includes(broken))).toMatch(/^leads@1#1 +\S+ +2 .* 1 +5 +LeadAssigned +Cannot read properties of null/);
    expect(rows.find((row) => row.includes(unknown))).toMatch(
      /@stream lead-\S+ +2 .* LeadAssigned version 99 is not known to this program/,
    );
    expect(rows).toHaveLength(3);
    expect((await letters(['list', 'accounts'])).out).toBe('No document waits.\n');
  });

  test('show tells what waits for one document, and what was written on demand', async () => {
    const { code, out } = await letters(['show', 'leads', broken]);
    expect(code).toBe(0);
    expect(out).toContain('waiting      2 events\n');
    expect(out).toMatch(/ 5 +LeadAssigned +1 .*\n +9 +LeadQualified +2 /);
    expect(out).not.toContain('"temperature"');
    expect((await letters(['show', 'leads', broken, '--data'])).out).toContain('"temperature": "warm"');
    const { waiting } = JSON.parse((await letters(['show', 'leads', ofStream(), '--json'])).out) as { readonly waiting: readonly object[] };
    expect(waiting).toMatchObject([
      { type: 'LeadAssigned', revision: 1, attempts: 1, error: expect.stringContaining('version 99') },
      { type: 'LeadQualified', revision: 2, attempts: 0, error: null },
    ]);
    expect(await letters(['show', 'leads', 'nobody'])).toMatchObject({ code: 1, err: 'No document "nobody" of leads waits.\n' });
  });

  test('retry tries again, lists what still waits, and ends with 5 while anything does', async () => {
    const first = await letters(['retry', 'leads']);
    expect(first.code).toBe(5);
    expect(first.out).toContain('Tried again by local, at position 13 of the log: 0 documents go on, 2 still wait.\n\nbuild ');

    repair();
    const second = await letters(['retry', 'leads', '--actor', 'ana']);
    expect(second.code).toBe(5);
    expect(second.out).toContain('Tried again by ana, at position 14 of the log: 1 document goes on, 1 still waits.');
    expect(await waitingKeys()).toEqual([ofStream()]);
    expect(await letters(['retry', 'leads', broken])).toMatchObject({ code: 1, err: `No document "${broken}" of leads waits.\n` });
  });

  test('retry of one document leaves the others, and what was late is in the document as if it had come in time', async () => {
    repair();
    expect(await letters(['retry', 'leads', broken])).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 document goes on, none waits any more.'),
    });
    expect(await waitingKeys()).toEqual([ofStream()]);
    expect((await daybookIn(['projections', 'verify', 'leads', '--json'])).code).toBe(0);
  });

  test('skip leaves the event out, goes on with what waited behind it, and keeps who decided and why', async () => {
    const event = await firstWaiting(broken);
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
    const later = ['--event', await firstWaiting(ofStream()), '--reason', 'Written by a later version'];
    expect(await letters(['skip', 'leads', ofStream(), ...later], { DAYBOOK_DEFAULT_ACTOR: 'ops' })).toMatchObject({
      code: 0,
      out: expect.stringContaining('Left out by ops, at position 14 of the log: 1 document goes on, none waits any more.'),
    });
    expect(await waitingKeys()).toEqual([]);
    expect((await daybookIn(['projections', 'verify', 'leads'])).code).toBe(0);
  });

  test('skip a second time, its answer lost, leaves out no other event: nobody has seen the next one', async () => {
    damage(`UPDATE events SET data = 'null' WHERE stream = 'lead-${broken}' AND revision = 2`);
    const skip = ['skip', 'leads', broken, '--event', await firstWaiting(broken), '--reason', 'Sent twice'];
    expect((await letters(skip)).code).toBe(5);
    const next = await firstWaiting(broken);
    const position = (await lastEvent())?.position;
    const again = await letters(skip);
    expect(again).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`That is ${next}, LeadQualified at position 9`) });
    expect((await lastEvent())?.position).toBe(position);
    expect(await waitingKeys()).toContain(broken);
  });

  test('show ends with the command that leaves out what it shows', async () => {
    const { out } = await letters(['show', 'leads', ofStream()]);
    const [, command = ''] = /`daybook dead-letters (skip [^`]+) --reason <text>` leaves/.exec(out) ?? [];
    expect(command).toBe(`skip leads '${ofStream()}' --event ${await firstWaiting(ofStream())}`);
  });

  const anEvent = '5332df7f-3064-5bcd-b27e-ddffea7b4779';

  test.each<[readonly string[], number, string]>([
    [['skip', 'leads', 'x', '--event', anEvent], 2, "required option '--reason <text>'"],
    [['skip', 'leads', 'x', '--reason', 'y'], 2, "required option '--event <id>'"],
    [['skip', 'leads', 'x', '--event', '5', '--reason', 'y'], 2, 'Expected the id of an event, a UUID.'],
    [['skip', 'leads', 'x', '--event', anEvent, '--reason', 'y'], 1, 'No document "x" of leads waits.'],
    [['retry', 'lead'], 1, 'There is no read model "lead"'],
    [['retry', 'accounts'], 1, 'No document of accounts waits.'],
    [['list', 'lead'], 1, 'There is no read model "lead"'],
  ])('%j ends with %i and a sentence', async (args, code, message) => {
    const answer = await letters(args);
    expect(answer).toMatchObject({ code, out: '' });
    expect(answer.err).toContain(message);
  });

  test('refuses a reason that says nothing, and writes nothing', async () => {
    const skip = ['skip', 'leads', broken, '--event', await firstWaiting(broken)];
    expect(await letters([...skip, '--reason', '  '])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^reason .*\.\n$/),
    });
    expect(await letters([...skip, '--reason', 'y', '--actor', 'a b'])).toMatchObject({ code: 2 });
    expect(await lastEvent()).toMatchObject({ type: 'LeadQualified' });
  });

  test('makes no data folder by being asked in the wrong one', async () => {
    const nowhere = `${folder.path}/nowhere`;
    expect(await letters(['retry', 'leads', '--data-dir', nowhere])).toMatchObject({
      code: 1,
      err: expect.stringContaining("can't be opened"),
    });
    expect(existsSync(nowhere)).toBe(false);
  });

  test('beside a running server, decides and says what the server made of it', async () => {
    const server = await startServer(data);
    await server.ready();
    const run = (...args: readonly string[]) => daybook('dead-letters', ...args, '--data-dir', data).finished;
    expect(await run('retry', 'leads')).toMatchObject({ code: 5, out: expect.stringContaining('0 documents go on, 2 still wait.') });
    repair();
    expect(await run('retry', 'leads', broken)).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 document goes on, none waits any more.'),
    });
    const event = await firstWaiting(ofStream());
    expect(await run('skip', 'leads', ofStream(), '--event', event, '--reason', 'Written by a later version')).toMatchObject({ code: 0 });
    expect(await server.ask(`{ lead(id: "${broken}") { owner status } }`)).toMatchObject({ lead: { owner: 'bob', status: 'QUALIFIED' } });
  });
});
