/** `daybook events`: what it shows of the log, that tables show the data of events only on request, and that JSON is what was written. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { openKurrentLog } from '../../src/log/kurrent.js';
import type { EventLog } from '../../src/log/port.js';
import { sealedText } from '../../src/log/sealed-parts.js';
import { canonical, linked, NO_EVENTS } from '../../src/migrate/chain.js';
import { CommandHandler } from '../../src/command-handling/command-handler.js';
import { commandLine } from '../support/processes/command-line.js';
import { daybook } from '../support/processes/daybook.js';
import { folderPerTest } from '../support/folder.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';
import { allEvents, noted, sealedPart } from '../support/log/log-events.js';

const ANA = '6f1c0d3e-5b1a-4c0e-9d57-0c8f7d1f0a11';
const ION = '7a2d1e4f-6c2b-4d1f-8e68-1d9a8e2a1b22';

const folder = folderPerTest();
let log: EventLog;

/** Two leads, of which the first is qualified. */
beforeEach(async () => {
  log = openEmbeddedLog({ file: `${folder.path}/data/events.db` });
  await send('RegisterLead', { id: ANA, name: 'Ana Pop', email: 'ana@shop.example' });
  await send('RegisterLead', { id: ION, name: 'Ion' });
  await send('QualifyLead', { id: ANA, temperature: 'warm' }, 'eve');
});
afterEach(async () => {
  await log.close();
});

async function send(name: string, input: object, actor = 'ana'): Promise<void> {
  const command = domain.commands.find((one) => one.name === name);
  if (!command) throw new Error(`no command ${name}`);
  await new CommandHandler({ log, definitions: domain.definitions }).execute(command.from(input), { actor });
}

const events = (...args: readonly string[]) => commandLine(folder, ['events', ...args]);

const noSuchPosition = (position: number): string =>
  `There is no event at position ${position}. Continue after a position that the log has returned.`;

const rows = (out: string): readonly Readonly<Record<string, unknown>>[] =>
  out
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>);

describe('daybook events show', () => {
  test('shows everything about an event except its data', async () => {
    const [, , qualified] = (await log.readAll(0, 10)).events;
    const { code, out, err } = await events('show', '3');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`event        ${qualified?.id}\n`);
    expect(out).toContain('type         LeadQualified, version 1\n');
    expect(out).toContain(`stream       lead-${ANA}, revision 1\n`);
    expect(out).toContain('actor        eve\n');
    expect(out).toContain(`recorded     ${qualified?.metadata.recordedAt}\n`);
    expect(out).toContain(`cause        ${qualified?.metadata.commandId}\n`);
    expect(out).not.toContain('warm');
    expect((await events('show', '3', '--data')).out).toContain('"temperature": "warm"');
  });

  test('finds an event by its id', async () => {
    const [, second] = (await log.readAll(0, 10)).events;
    expect((await events('show', String(second?.id).toUpperCase())).out).toContain(`lead-${ION}, revision 0`);
  });

  test('lists a stream', async () => {
    const { out } = await events('show', `lead-${ANA}`);
    expect(out.split('\n').map((text) => text.trim().split(/ {2,}/).slice(0, 2))).toEqual([
      ['rev', 'position'],
      ['0', '1'],
      ['1', '3'],
      [''],
    ]);
    expect(out).not.toContain('Ana Pop');
    expect((await events('show', `lead-${ANA}`, '--data')).out).toContain('"name": "Ana Pop"');
  });

  test.each([
    ['9', 'There is no event at position 9: the log ends at 3.'],
    ['0', 'There is no event at position 0: the log ends at 3.'],
    ['00000000-0000-4000-8000-000000000000', 'There is no event with the id 00000000-0000-4000-8000-000000000000.'],
    ['lead-nobody', 'There is no stream lead-nobody.'],
  ])('says that %s does not exist', async (what, message) => {
    expect(await events('show', what)).toEqual({ code: 1, out: '', err: `${message}\n` });
  });

  test('refuses an invalid argument as wrong usage', async () => {
    const { code, err } = await events('show', 'everything');
    expect(code).toBe(2);
    expect(err).toContain('Expected a position, the id of an event');
  });

  test('removes control characters from the data of an event', async () => {
    await send('RegisterLead', { name: 'Eve \u009b2J\u202etxt' });
    const { out } = await events('show', '4', '--data');
    expect(out).toContain('"name": "Eve \ufffd2J\ufffdtxt"');
  });

  test('names the missing log', async () => {
    const { code, err } = await commandLine(folder, ['events', 'show', '1', '--data-dir', `${folder.path}/nowhere`]);
    expect(code).toBe(1);
    expect(err).toContain(`${folder.path}/nowhere/events.db can't be opened`);
  });
});

describe('daybook events tail', () => {
  test('prints each event as it is written, so that the hash of the log can be worked out from it', async () => {
    const sealed = [sealedPart()];
    await log.append({ type: 'lead', id: ION }, 0, [noted({ open: 1.5 }, { type: 'LeadAssigned', sealed, acknowledged: ['LATE'] })]);
    const { code, out } = await events('tail', '--no-follow', '--json');
    expect(code).toBe(0);
    expect(rows(out)).toMatchObject([
      { position: 1, type: 'LeadRegistered', stream: { type: 'lead', id: ANA }, revision: 0, metadata: { actor: 'ana' } },
      { position: 2, type: 'LeadRegistered', stream: { type: 'lead', id: ION }, revision: 0 },
      { position: 3, type: 'LeadQualified', stream: { type: 'lead', id: ANA }, revision: 1, metadata: { actor: 'eve' } },
      { position: 4, data: { open: 1.5 }, sealed: sealedText(sealed), metadata: { acknowledged: ['LATE'] } },
    ]);
    const printed = out.trimEnd().split('\n');
    let link = '0'.repeat(64);
    // Positions stand between other fields, and are not part of the hash.
    for (const line of printed) link = hash('sha256', `${link}\n${line.replace(/"position":\d+,/, '')}`);
    const recorded = await allEvents(log);
    expect(link).toBe(recorded.reduce((chain, event) => linked(chain, canonical(event)), NO_EVENTS).hash);
  });

  test.each<[readonly string[], readonly number[]]>([
    [
      ['--after', '1'],
      [2, 3],
    ],
    [['--types', 'LeadQualified,LeadDisqualified'], [3]],
    [
      ['--stream', `lead-${ANA}`],
      [1, 3],
    ],
    [['--stream', `lead-${ANA}`, '--after', '1'], [3]],
    [['--stream', `lead-${ANA}`, '--types', 'LeadRegistered'], [1]],
    [
      ['--limit', '2'],
      [1, 2],
    ],
    [['--after', '3'], []],
  ])('with %j lists the events %j', async (args, positions) => {
    const { code, out } = await events('tail', '--no-follow', '--json', ...args);
    expect(code).toBe(0);
    expect(out === '' ? [] : rows(out).map(({ position }) => position)).toEqual(positions);
  });

  test.each([
    [['--types', 'LeadCharmed'], 'There is no event type LeadCharmed'],
    [['--types', ''], 'Expected names of event types'],
    [['--stream', 'everything'], 'is not a stream name'],
    [['--limit', '0'], 'Expected a whole number of 1 or more.'],
    [['--after', 'noon'], 'Expected a whole number.'],
  ])('refuses %j as wrong usage', async (args, message) => {
    const { code, err } = await events('tail', '--no-follow', ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('of a missing stream gives an error', async () => {
    const missing = { code: 1, out: '', err: 'There is no stream lead-nobody.\n' };
    expect(await events('tail', '--no-follow', '--stream', 'lead-nobody')).toEqual(missing);
    expect(await events('tail', '--no-follow', '--stream', `lead-${ANA}`, '--after', '3')).toMatchObject({ code: 0, err: '' });
  });

  test.each([[[]], [['--no-follow']]])('after a position beyond the end gives an error, with %j', async (args) => {
    expect(await events('tail', '--after', '4', ...args)).toEqual({ code: 1, out: '', err: `${noSuchPosition(4)}\n` });
  });

  test('follows the events of another process, each once, until Ctrl-C', async () => {
    const tail = daybook('events', 'tail', '--json', '--after', '2', '--stream', `lead-${ANA}`, '--data-dir', `${folder.path}/data`);
    await tail.printed(1);
    await send('AssignLead', { id: ION, ownerId: 'bob' });
    await send('AssignLead', { id: ANA, ownerId: 'bob' });
    await send('AssignLead', { id: ANA, ownerId: 'eve' });
    await tail.printed(3);
    await sleep(50);
    tail.kill('SIGINT');
    const { code, out, err } = await tail.finished;
    expect({ code, err }).toEqual({ code: 130, err: '' });
    expect(rows(out).map(({ position, revision }) => [position, revision])).toEqual([
      [3, 1],
      [5, 2],
      [6, 3],
    ]);
  });
});

describe('daybook events on EventStoreDB, where not every number is a position', () => {
  let server: KurrentServer;
  let there: EventLog;
  let positions: readonly number[];

  beforeAll(async () => {
    server = await startKurrentServer();
    there = await openKurrentLog({ url: server.url });
    await there.append({ type: 'lead', id: ANA }, 'none', [noted(), noted()]);
    await there.append({ type: 'lead', id: ION }, 'none', [noted()]);
    positions = (await allEvents(there)).map(({ position }) => position);
  });
  afterAll(async () => {
    await there.close();
    await server.dispose();
  });

  const eventsThere = (...args: readonly string[]) => commandLine(folder, ['events', ...args], { DAYBOOK_LOG_URL: server.url });

  test('tail continues after the position of an event, and refuses other numbers at once', async () => {
    const [first = 0, ...later] = positions;
    const { out } = await eventsThere('tail', '--no-follow', '--json', '--after', String(first));
    expect(rows(out).map(({ position }) => position)).toEqual(later);
    for (const args of [[], ['--no-follow'], ['--no-follow', '--types', 'LeadRegistered']]) {
      const answer = await eventsThere('tail', '--after', String(first + 1), ...args);
      expect(answer).toEqual({ code: 1, out: '', err: `${noSuchPosition(first + 1)}\n` });
    }
  });

  test('show finds the event at a position, and says if there is none', async () => {
    for (const position of positions) {
      expect(await eventsThere('show', String(position))).toMatchObject({
        code: 0,
        out: expect.stringContaining(`position     ${position}\n`),
      });
    }
    for (const none of [1, positions[0]! + 1, positions.at(-1)! + 1]) {
      expect(await eventsThere('show', String(none))).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^There is no event at position [\d,]+: the log ends at [\d,]+\.\n$/),
      });
    }
  });
});
