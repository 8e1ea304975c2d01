/** The log on EventStoreDB among what else is in such a server: others' events, deleted streams, gaps, limits, passwords. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { KurrentDBClient, type JSONEventData } from '@kurrent/kurrentdb-client';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { streamName, type Position } from '../../src/kernel/event.js';
import { openKurrentLog, type KurrentLogOptions } from '../../src/log/kurrent.js';
import { LogUnavailable, WrongRevision, type EventLog, type Page } from '../../src/log/port.js';
import { CommandHandler } from '../../src/command-handling/command-handler.js';
import { DealOpened, definitions, RaiseDeal } from '../projector/deals.js';
import { killChildren, startChild } from '../support/processes/child.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';
import { carriedOver, eventsOf, freshStream, noted, readToEnd, tailed } from '../support/log/log-events.js';

let server: KurrentServer;
/** Somebody else who writes to the same server. */
let other: KurrentDBClient;
let opened: EventLog[];
beforeAll(async () => {
  server = await startKurrentServer();
  other = KurrentDBClient.connectionString(server.url);
});
beforeEach(() => {
  opened = [];
});
afterEach(async () => {
  await killChildren();
  await Promise.all(opened.map((log) => log.close()));
  await server.faults({ silent: false });
});
afterAll(async () => {
  await other.dispose();
  await server.dispose();
});

async function open(options: Partial<KurrentLogOptions> = {}): Promise<EventLog> {
  const log = await openKurrentLog({ url: server.url, ...options });
  opened.push(log);
  return log;
}

const freshPrefix = () => `t${randomUUID().replaceAll('-', '')}.`;
const ids = (events: readonly { readonly id: string }[]) => events.map((event) => event.id);

function foreign(count: number, type = 'Noted'): JSONEventData[] {
  return Array.from({ length: count }, (_, n) => ({ id: randomUUID(), type, contentType: 'application/json', data: { n }, metadata: {} }));
}

describe('what others have written', () => {
  test('is in no stream, page or tail, whatever its stream and type are called', async () => {
    const log = await open();
    const before = await log.head();
    const stream = freshStream();
    const events = [noted(), noted()];
    await other.appendToStream('plain', foreign(3));
    await other.appendToStream(`order-${randomUUID()}`, foreign(3));
    await other.appendToStream('-lead', foreign(1));
    await log.append(stream, 'none', [events[0]!]);
    await other.appendToStream(streamName(stream), foreign(1));
    await log.append(stream, 1, [events[1]!]);
    const last = await log.head();
    await other.appendToStream('plain', foreign(3));
    await server.system('$stats-0', '$statsCollected');
    expect(ids(await log.readStream(stream))).toEqual(ids(events));
    expect(ids(eventsOf(await readToEnd(log, 100, undefined, before)))).toEqual(ids(events));
    expect(ids(eventsOf(await readToEnd(log, 100, ['Noted'], before)))).toEqual(ids(events));
    expect(ids(eventsOf(await tailed(log, before, 2)))).toEqual(ids(events));
    expect(await log.head()).toBe(last);
  });

  test('counts where a stream stands, so that nothing is appended over it', async () => {
    const log = await open();
    const stream = freshStream();
    await log.append(stream, 'none', [noted()]);
    await other.appendToStream(streamName(stream), foreign(1));
    await expect(log.append(stream, 0, [noted()])).rejects.toMatchObject({ name: 'WrongRevision', actual: 1 });
  });

  test('keeps no command from being decided on what is ours, by whatever process', async () => {
    const log = await open();
    const id = randomUUID();
    const opened = { ...noted(), ...DealOpened({ account: 'a', name: 'Ana', amount: 10 }) };
    await log.append({ type: 'deal', id }, 'none', [opened]);
    await other.appendToStream(`deal-${id}`, foreign(2));
    for (const process of [1, 2]) {
      const commandHandler = new CommandHandler({ log, definitions });
      for (const by of [1, 2]) {
        const { revision, appended } = await commandHandler.execute(RaiseDeal({ id, by }), { actor: 'olga' });
        expect({ revision, appended }).toEqual({ revision: 2 * process + by, appended: 1 });
      }
    }
    expect((await log.readStream({ type: 'deal', id })).map(({ revision }) => revision)).toEqual([0, 3, 4, 5, 6]);
  });

  test('with another prefix is another log', async () => {
    const [mine, yours] = [await open({ prefix: freshPrefix() }), await open({ prefix: freshPrefix() })];
    const stream = freshStream();
    await mine.append(stream, 'none', [noted({ mine: true })]);
    await yours.append(stream, 'none', [noted({ mine: false })]);
    expect((await mine.readStream(stream)).map(({ data }) => data)).toEqual([{ mine: true }]);
    expect(eventsOf(await readToEnd(yours, 10)).map(({ data }) => data)).toEqual([{ mine: false }]);
  });
});

describe('an event in the server', () => {
  test('has flat metadata of texts, with the names that the server knows for correlation and cause', async () => {
    const log = await open();
    const stream = freshStream();
    const event = { ...noted({ name: 'Ana' }), version: 4 };
    await log.append(stream, 'none', [event]);
    for await (const { event: stored } of other.readStream(streamName(stream))) {
      expect(stored).toMatchObject({ id: event.id, type: 'Noted', data: { name: 'Ana' }, isJson: true });
      const metadata = stored?.metadata as Record<string, unknown>;
      expect(Object.values(metadata).every((value) => typeof value === 'string')).toBe(true);
      expect(metadata).toMatchObject({
        $correlationId: event.metadata.correlationId,
        $causationId: event.metadata.causationId,
        schemaVersion: '4',
      });
    }
  });
});

describe('a stream that somebody has deleted', () => {
  test('for good can neither be read nor written, and its events stay in the log', async () => {
    const log = await open({ retryMs: 200 });
    const before = await log.head();
    const stream = freshStream();
    await log.append(stream, 'none', [noted()]);
    await other.tombstoneStream(streamName(stream));
    for (const call of [log.readStream(stream), log.append(stream, 0, [noted()]), log.append(stream, 'none', [noted()])]) {
      const error = await call.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(LogUnavailable);
      expect((error as Error).message).toContain(`${streamName(stream)} was permanently deleted`);
    }
    expect(eventsOf(await readToEnd(log, 10, undefined, before))).toHaveLength(1);
    const later = noted();
    await log.append(freshStream(), 'none', [later]);
    expect(ids(eventsOf(await tailed(log, before, 2))).at(-1)).toBe(later.id);
  });

  test('softly is empty and can begin again, goes on counting, and its first append can be asked for again', async () => {
    const log = await open();
    const stream = freshStream();
    await log.append(stream, 'none', [noted(), noted()]);
    await other.deleteStream(streamName(stream));
    expect(await log.readStream(stream)).toEqual([]);
    const events = [noted(), noted()];
    const first = await log.append(stream, 'none', events);
    expect(first.revision).toBe(3);
    expect(await log.append(stream, 'none', events)).toEqual(first);
    expect((await log.readStream(stream)).map(({ id, revision }) => [id, revision])).toEqual([
      [events[0]!.id, 2],
      [events[1]!.id, 3],
    ]);
    await expect(log.append(stream, 'none', [noted()])).rejects.toThrow(WrongRevision);
    expect((await log.append(stream, 3, [noted()])).revision).toBe(4);
  });
});

describe('positions', () => {
  let large: KurrentServer;
  let log: EventLog;
  let filler: KurrentDBClient;
  beforeEach(async () => {
    large = await startKurrentServer();
    log = await open({ url: large.url });
    filler = KurrentDBClient.connectionString(large.url);
  });
  afterEach(async () => {
    await filler.dispose();
    await large.dispose();
  });

  const readFrom = (after: Position, types?: readonly string[]): Promise<readonly Page[]> => readToEnd(log, 500, types, after);

  test('of every page are places to go on from without a gap or a double, though the server takes few numbers for one', async () => {
    for (let n = 0; n < 2; n += 1) {
      await log.append(freshStream(), 'none', [noted({}, { type: 'Sold' })]);
      // More than what the server looks at between two checkpoints.
      for (let batch = 0; batch < 3; batch += 1) await filler.appendToStream('plain', foreign(1700, 'Filler'));
      await log.append(
        freshStream(),
        'none',
        Array.from({ length: 700 }, () => noted()),
      );
    }
    const head = await log.head();
    const all = eventsOf(await readToEnd(log, 1000));
    const rare = all.filter((event) => event.type === 'Sold');
    expect(rare).toHaveLength(2);
    const read = await readFrom(0, ['Sold']);
    expect(ids(eventsOf(read))).toEqual(ids(rare));
    expect(read.at(-1)?.position).toBe(head);
    expect(read.some((page) => page.events.length === 0)).toBe(true);

    const abort = new AbortController();
    const tailedPages: Page[] = [];
    for await (const page of log.tail(0, { limit: 100, types: ['Sold'], signal: abort.signal })) {
      tailedPages.push(page);
      if (page.position >= head) abort.abort();
    }
    expect(ids(eventsOf(tailedPages))).toEqual(ids(rare));

    const places = [...new Set([...read, ...tailedPages].map((page) => page.position))];
    expect(places.length).toBeGreaterThan(3);
    for (const place of places.filter((_, index) => index % 3 === 0)) {
      const next = all.filter((event) => event.position > place);
      expect(ids(eventsOf(await readFrom(place)))).toEqual(ids(next));
      expect(ids(eventsOf(await readFrom(place, ['Sold'])))).toEqual(ids(next.filter((event) => event.type === 'Sold')));
    }
  });

  test.each(['23.10', '26.1'] as const)('at the place before a record do not pass that one over, like %s', async (like) => {
    await large.dispose();
    // It begins with one record of its own: with these, the server's next page begins with ours.
    large = await startKurrentServer({ like, others: false });
    await filler.dispose();
    [log, filler] = [await open({ url: large.url }), KurrentDBClient.connectionString(large.url)];
    await filler.appendToStream('plain', foreign(999, 'Filler'));
    const event = noted({}, { type: 'Noted' });
    const { position } = await log.append(freshStream(), 'none', [event]);
    for (let n = 0; n < 6; n += 1) await filler.appendToStream('plain', foreign(1000, 'Filler'));
    const places = (await readFrom(0, ['Sold'])).map((page) => page.position);
    expect(places.length).toBeGreaterThan(0);
    for (const place of [0, ...places]) {
      const wanted = place < position ? [event.id] : [];
      expect([place, ids(eventsOf(await readFrom(place)))]).toEqual([place, wanted]);
      expect([place, ids(eventsOf(await readFrom(place, ['Noted'])))]).toEqual([place, wanted]);
    }
  });

  // So patient that it would not end in time if it were asked again and again.
  const patient = { answerMs: 5000, retryMs: 600_000 };

  test.each(['23.10', '26.1'] as const)(
    'inside a record are refused by a page and by a tail as what they are, as %s says it',
    async (like) => {
      await large.dispose();
      large = await startKurrentServer({ like });
      log = await open({ url: large.url });
      const stream = freshStream();
      const { position } = await log.append(stream, 'none', [noted()]);
      await log.append(stream, 0, [noted()]);
      const subject = await open({ url: large.url, ...patient });
      const readings = [
        subject.readAll(position + 1, 10),
        subject.readAll(position + 1, 10, ['Sold']),
        tailed(subject, position + 1, 1),
        tailed(subject, position + 1, 1, 10, ['Noted']),
      ];
      for (const reading of readings) await expect(reading).rejects.toMatchObject({ name: 'NoSuchPosition', position: position + 1 });
      expect(eventsOf(await tailed(subject, position, 1))).toMatchObject([{ stream, revision: 1 }]);
    },
  );

  test('are not taken for wrong ones when the server fails for another reason, however often', async () => {
    const stream = freshStream();
    const { position } = await log.append(stream, 'none', [noted()]);
    await log.append(stream, 0, [noted()]);
    const subject = await open({ url: large.url, ...patient });
    for (let unknown = 1; unknown <= 6; unknown += 1) {
      await large.faults({ unknown });
      expect(eventsOf(await tailed(subject, position, 1))).toMatchObject([{ revision: 1 }]);
      await large.faults({ unknown });
      expect(eventsOf(await readToEnd(subject, 10, undefined, position))).toMatchObject([{ revision: 1 }]);
    }
  });

  test('beyond the last record, such as those of another log, are taken by the server: a page of them is empty and stays there', async () => {
    const { position } = await log.append(freshStream(), 'none', [noted()]);
    expect(await log.readAll(position + 1, 10)).toEqual({ events: [], position: position + 1 });
    expect(await log.end()).toBeLessThan(position + 1_000_000);
  });

  test('of a tail of named types follow what is of other types at once', async () => {
    const { position: after } = await log.append(freshStream(), 'none', [noted()]);
    const abort = new AbortController();
    const tail = log.tail(after, { limit: 10, types: ['Sold'], signal: abort.signal })[Symbol.asyncIterator]();
    for (let n = 0; n < 3; n += 1) {
      const next = tail.next();
      const { position } = await log.append(freshStream(), 'none', [noted()]);
      expect((await next).value).toEqual({ events: [], position });
    }
    abort.abort();
  });
});

describe('an append of more than the server takes', () => {
  test('is refused with how much it is and how much may be', async () => {
    const log = await open();
    const stream = freshStream();
    const large = [noted('x'.repeat(600_000)), noted('x'.repeat(600_000))];
    await expect(log.append(stream, 'none', large)).rejects.toThrow(RangeError);
    await expect(log.append(stream, 'none', large)).rejects.toThrow('1048576');
    expect(await log.readStream(stream)).toEqual([]);
    await server.faults({ maxAppendSize: 1000 });
    await expect(log.append(stream, 'none', [noted('x'.repeat(2000))])).rejects.toThrow('maximum of EventStoreDB is 1000');
    await server.faults({ maxAppendSize: 1_048_576 });
    expect(await log.append(stream, 'none', [noted('x'.repeat(600_000))])).toMatchObject({ revision: 0 });
  });

  test('of what is no JSON fails without harm', async () => {
    const log = await open();
    const stream = freshStream();
    await expect(log.append(stream, 'none', [noted({ endless: 1n })])).rejects.toThrow(TypeError);
    expect(await log.append(stream, 'none', [noted()])).toMatchObject({ revision: 0 });
  });
});

describe('recorded times', () => {
  const at = (seconds: number) => new Date(Date.parse('2026-03-01T12:00:00.000Z') + seconds * 1000).toISOString();

  test('of processes with different clocks never go down along the log, and positionAt takes them so', async () => {
    const prefix = freshPrefix();
    let now = 0;
    const clocks = [0, -20, 15];
    const logs = await Promise.all(clocks.map((off) => open({ prefix, clock: () => Date.parse(at(now + off)) })));
    for (let n = 0; n < 60; n += 1) {
      now += (n * 7) % 13;
      await logs[n % 3]!.append(freshStream(), 'none', [noted({ n })]);
    }
    const events = eventsOf(await readToEnd(logs[0]!, 7));
    const times = events.map((event) => event.metadata.recordedAt);
    expect(times).toEqual([...times].sort());
    for (let seconds = -30; seconds < now + 40; seconds += 20) {
      const wanted = events.findLast((event) => event.metadata.recordedAt <= at(seconds))?.position ?? 0;
      for (const log of [logs[2]!, await open({ prefix })]) {
        expect([seconds, await log.positionAt(at(seconds))]).toEqual([seconds, wanted]);
      }
    }
  });

  test('are found from either end, with and without what was read before', async () => {
    const day = 86_400_000;
    const begin = Date.parse('2018-01-01T00:00:00.000Z');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 5 * day }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.integer({ min: -1, max: 202 * day }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (steps, asked, reads) => {
          const prefix = freshPrefix();
          const log = await open({ prefix });
          let time = begin;
          const events = steps.map((step) => carriedOver(new Date((time += step)).toISOString()));
          await log.append(freshStream(), 'none', events);
          const stored = eventsOf(await readToEnd(log, 7));
          const subject = reads ? log : await open({ prefix });
          for (const offset of asked) {
            const instant = new Date(begin + offset).toISOString();
            const wanted = stored.findLast((event) => event.metadata.recordedAt <= instant)?.position ?? 0;
            expect([instant, await subject.positionAt(instant)]).toEqual([instant, wanted]);
          }
        },
      ),
      { numRuns: 8 },
    );
  });

  test('of what is carried over into a log that has later events are those of its arrival', async () => {
    const log = await open({ prefix: freshPrefix() });
    await log.append(freshStream(), 'none', [noted()]);
    const stream = freshStream();
    await log.append(stream, 'none', [carriedOver('2018-01-01T00:00:00.000Z')]);
    const [event] = await log.readStream(stream);
    expect(event?.metadata.recordedAt.slice(0, 4)).not.toBe('2018');
  });
});

describe('a connection string', () => {
  const refused: readonly [string, string][] = [
    ['http://ana:geheim@127.0.0.1:2113', 'is not a connection string'],
    ['kurrentdb://', 'is not a connection string'],
    ['kurrentdb://ana:geheim@host/geheim', 'is not a connection string'],
    ['kurrentdb://ana:geheim@127.0.0.1:2113?sslmode=geheim', '"sslmode"'],
    ['kurrentdb://ana:geheim@127.0.0.1:2113?tls=geheim', 'check its options'],
    ['kurrentdb://ana:geheim@127.0.0.1:port?tls=false', 'check its options'],
    ['kurrentdb://ana:geheim@127.0.0.1:2113?userCertFile=/tmp/none.crt', 'userKeyFile'],
    ['kurrentdb://ana:geheim@127.0.0.1:2113?tlsCaFile=/nowhere/ca.crt', 'certificate'],
    ['kurrentdb://ana:geheim@127.0.0.1:1?tls=false', 'could not tell its version'],
    ['kurrentdb+discover://ana:geheim@127.0.0.1:1?tls=false&maxDiscoverAttempts=1', 'could not tell its version'],
  ];
  test.each(refused)('%s is refused, and its password is told to nobody', async (url, reason) => {
    const said: string[] = [];
    const spies = (['log', 'warn', 'error', 'info', 'debug'] as const).map((name) =>
      jest.spyOn(console, name).mockImplementation((...args: unknown[]) => void said.push(inspect(args))),
    );
    const error = await open({ url, answerMs: 300, retryMs: 100 }).catch((failure: unknown) => failure);
    for (const spy of spies) spy.mockRestore();
    expect(error).toBeInstanceOf(LogUnavailable);
    expect((error as Error).message).toContain(reason);
    expect(inspect(error, { depth: 10 }) + said.join()).not.toContain('geheim');
  });

  test.each(['esdb', 'kurrent', 'kdb'])('may begin with %s, and ask not to throw, which is not listened to', async (protocol) => {
    const warned = jest.spyOn(console, 'warn').mockReturnValue();
    const log = await open({ url: `${server.url.replace('kurrentdb', protocol)}&throwOnAppendFailure=false` });
    const stream = freshStream();
    await log.append(stream, 'none', [noted()]);
    await expect(log.append(stream, 'none', [noted()])).rejects.toThrow(WrongRevision);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

describe('a log', () => {
  test('for reading follows what others append, and may not append', async () => {
    const prefix = freshPrefix();
    const [log, reader] = [await open({ prefix }), await open({ prefix, readOnly: true })];
    const tail = tailed(reader, 0, 2);
    await log.append(freshStream(), 'none', [noted(), noted()]);
    expect(eventsOf(await tail)).toHaveLength(2);
    await expect(reader.append(freshStream(), 'none', [noted()])).rejects.toThrow(LogUnavailable);
  });

  test('that is closed waits for appends under way, ends tails, and refuses what comes later', async () => {
    const log = await open({ prefix: freshPrefix() });
    const stream = freshStream();
    const tail = tailed(log, 0, 100);
    const appended = log.append(stream, 'none', [noted()]);
    await log.close();
    expect(await appended).toMatchObject({ revision: 0 });
    await tail;
    for (const call of [log.append(stream, 0, [noted()]), log.readStream(stream), log.readAll(0, 1), log.head()]) {
      await expect(call).rejects.toThrow('is closed');
    }
    await log.close();
  });

  test('that is closed lets its process end', async () => {
    const child = startChild('kurrent-session.mjs', server.url, 'appends');
    await child.ended();
    expect(child.lines.at(-1)).toMatch(/^\d+ of 1$/);
  });

  test('that is closed lets its process end although the server has not answered', async () => {
    const child = startChild('kurrent-session.mjs', server.url, 'silent');
    await child.printed('open');
    await server.faults({ silent: true });
    await child.ended();
    expect(child.lines).toContain('silence');
  });
});
