/** The log on servers of different versions and set-ups: what works on each, and what is said of those that can't be used or reached. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KurrentDBClient, NO_STREAM, jsonEvent } from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { openKurrentLog, type KurrentLogOptions } from '../../src/log/kurrent.js';
import { LogUnavailable, type EventLog } from '../../src/log/port.js';
import { newAuthority, type Authority } from '../support/engines/certificates.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';
import { freshStream, noted } from '../support/log/log-events.js';

let opened: EventLog[];
let prefix: string;
beforeEach(() => {
  opened = [];
  prefix = `t${randomUUID().replaceAll('-', '')}.`;
});
afterEach(async () => {
  await Promise.all(opened.map((log) => log.close()));
});

async function open(url: string, options: Partial<KurrentLogOptions> = {}): Promise<EventLog> {
  const log = await openKurrentLog({ url, prefix, ...options });
  opened.push(log);
  return log;
}

const ids = (events: readonly { readonly id: string }[]): readonly string[] => events.map(({ id }) => id);

describe.each(['23.10', '26.1'] as const)('a server like %s', (like) => {
  let server: KurrentServer;
  /** Another program, which writes and deletes as it likes. */
  let other: KurrentDBClient;
  let log: EventLog;
  beforeAll(async () => {
    server = await startKurrentServer({ like });
    other = KurrentDBClient.connectionString(server.url);
  });
  beforeEach(async () => {
    log = await open(server.url);
  });
  afterAll(async () => {
    await other.dispose();
    await server.dispose();
  });

  const stored = (id: string): string => `${prefix}lead-${id}`;

  test('gives nothing of a stream that is not there, from any revision on', async () => {
    const stream = freshStream();
    expect(await log.readStream(stream)).toEqual([]);
    expect(await log.readStream(stream, 3)).toEqual([]);
    expect(await log.readStream(stream, 0, 1)).toEqual([]);
  });

  test('gives nothing beyond the end of a stream', async () => {
    const stream = freshStream();
    await log.append(stream, 'none', [noted(), noted()]);
    expect(await log.readStream(stream, 2)).toEqual([]);
    expect(await log.readStream(stream, 9, 1)).toEqual([]);
  });

  test('gives nothing of a stream that was deleted, and what it is begun again with', async () => {
    const stream = freshStream();
    await log.append(stream, 'none', [noted(), noted()]);
    await other.deleteStream(stored(stream.id));
    expect(await log.readStream(stream)).toEqual([]);
    expect(await log.readStream(stream, 1)).toEqual([]);
    const again = [noted(), noted()];
    const appended = await log.append(stream, 'none', again);
    expect(appended.revision).toBe(3);
    expect(ids(await log.readStream(stream))).toEqual(ids(again));
    expect(ids(await log.readStream(stream, 3))).toEqual(ids(again.slice(1)));
    expect(await log.append(stream, 'none', again)).toEqual(appended);
    expect((await log.append(stream, 3, [noted()])).revision).toBe(4);
  });

  test('says of a stream that was deleted for good that it can be neither read nor written', async () => {
    const stream = freshStream();
    await log.append(stream, 'none', [noted()]);
    await other.tombstoneStream(stored(stream.id));
    const gone = `The stream ${stored(stream.id)} was permanently deleted`;
    for (const call of [
      () => log.readStream(stream),
      () => log.append(stream, 0, [noted()]),
      () => log.append(stream, 'none', [noted()]),
    ]) {
      await expect(call()).rejects.toThrow(gone);
    }
    await expect(
      log.appendAll([stream, freshStream()].map((one) => ({ stream: one, expected: 'none', events: [noted()] }))),
    ).rejects.toThrow(gone);
  });

  test('gives as many events of ours as are asked for, whatever others have put between them', async () => {
    const stream = freshStream();
    const [first, second, third] = [noted(), noted(), noted()];
    const foreign = () => jsonEvent({ type: 'Foreign', data: {} });
    await other.appendToStream(stored(stream.id), [foreign(), foreign()], { streamState: NO_STREAM });
    await log.append(stream, 1, [first]);
    await other.appendToStream(stored(stream.id), [foreign(), foreign(), foreign()], { streamState: 2n });
    await log.append(stream, 5, [second, third]);
    expect(ids(await log.readStream(stream, 0, 1))).toEqual([first.id]);
    expect(ids(await log.readStream(stream, 0, 2))).toEqual([first.id, second.id]);
    expect(ids(await log.readStream(stream, 3, 1))).toEqual([second.id]);
    expect(await log.readStream(stream, 8, 1)).toEqual([]);
  });

  test('gives whole streams while somebody else goes on writing to them', async () => {
    const stream = freshStream();
    const writing = (async () => {
      for (let n = 0; n < 200; n += 1) await log.append(stream, n === 0 ? 'none' : n - 1, [noted({ n })]);
    })();
    const reader = await open(server.url);
    for (let seen = 0; seen < 200;) {
      const events = await reader.readStream(stream);
      expect(events.map(({ data }) => (data as { n: number }).n)).toEqual(Array.from({ length: events.length }, (_, n) => n));
      expect(events.length).toBeGreaterThanOrEqual(seen);
      seen = events.length;
    }
    await writing;
  });

  test('has nothing of a new log before where it ended when that was looked for', async () => {
    const end = await log.end();
    expect(end).toBeGreaterThan(1_000_000);
    expect(await log.head()).toBe(0);
    expect(await log.readAll(0, 10)).toEqual({ events: [], position: end });
    const abort = new AbortController();
    for await (const page of log.tail(0, { limit: 10, signal: abort.signal })) {
      expect(page).toEqual({ events: [], position: end });
      abort.abort();
    }
    const { position } = await log.append(freshStream(), 'none', [noted()]);
    expect(await log.readAll(0, 10)).toMatchObject({ events: [{ position }] });
  });

  test(`makes appends in order ${like === '26.1' ? 'in one call' : 'one by one'}`, async () => {
    const appends = Array.from({ length: 50 }, () => ({ stream: freshStream(), expected: 'none' as const, events: [noted(), noted()] }));
    const before = await server.calls();
    await log.appendAll(appends);
    const after = await server.calls();
    expect((after['appendSession'] ?? 0) - (before['appendSession'] ?? 0)).toBe(like === '26.1' ? 1 : 0);
    const { events } = await log.readAll(0, 200);
    expect(ids(events)).toEqual(ids(appends.flatMap((append) => append.events)));
  });

  test('makes appends in order though answers get lost', async () => {
    const appends = Array.from({ length: 20 }, () => ({ stream: freshStream(), expected: 'none' as const, events: [noted(), noted()] }));
    await server.faults({ lostAnswers: 2, lostBy: 'drop' });
    const { revisions } = await log.appendAll(appends);
    expect(revisions).toEqual(appends.map(() => 1));
    const { events } = await log.readAll(0, 200);
    expect(ids(events)).toEqual(ids(appends.flatMap((append) => append.events)));
  });
});

describe('a server that can not be used is refused when the log is opened', () => {
  test.each([
    [{ version: '22.10.3' }, 'has version 22.10.3.'],
    [{ version: '23.6.0' }, 'has version 23.6.0.'],
    [{ version: '5.0.11' }, 'has version 5.0.11.'],
    [{ without: ['read:position'] }, 'has version 23.10.8, but lacks streams.read with "position".'],
    [{ without: ['append', 'read'] }, 'has version 23.10.8, but lacks streams.read with "position" and streams.append.'],
  ])('%j', async (options, fault) => {
    const server = await startKurrentServer({ ...options, others: false });
    try {
      const opening = open(server.url);
      await expect(opening).rejects.toThrow(LogUnavailable);
      await expect(opening).rejects.toThrow(`The server of the event log kurrentdb://127.0.0.1:${server.port} ${fault} Daybook needs`);
    } finally {
      await server.dispose();
    }
  });

  test.each([{ version: '23.10.0' }, { version: '24.10.4' }, { version: '100.0.1' }, { without: ['batchappend'] }])(
    '%j is not',
    async (options) => {
      const server = await startKurrentServer({ ...options, others: false });
      const log = await open(server.url);
      expect(await log.append(freshStream(), 'none', [noted()])).toMatchObject({ revision: 0 });
      await log.close();
      await server.dispose();
    },
  );
});

describe('a server that can not be reached says why', () => {
  let ours: Authority;
  let strangers: Authority;
  let encrypted: KurrentServer;
  let elsewhere: KurrentServer;
  let plain: KurrentServer;
  beforeAll(async () => {
    [ours, strangers] = [await newAuthority(), await newAuthority()];
    [encrypted, elsewhere, plain] = await Promise.all([
      startKurrentServer({ tls: await ours.certify('127.0.0.1'), others: false }),
      startKurrentServer({ tls: await ours.certify('daybook.example'), others: false }),
      startKurrentServer({ others: false }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([encrypted, elsewhere, plain].map((server) => server.dispose()));
    for (const authority of [ours, strangers]) authority.dispose();
  });

  test.each<[string, () => string, string]>([
    ['its authority is not trusted', () => `${encrypted.url}&tlsCaFile=${strangers.file}`, 'is not trusted'],
    ['its authority is not named', () => encrypted.url, 'Set tlsCaFile in the connection string'],
    ['its certificate is for another host', () => `${elsewhere.url}&tlsCaFile=${ours.file}`, 'is for another host (daybook.example)'],
    ['it has no TLS', () => plain.url.replace('tls=false', 'tls=true'), 'does not answer by TLS'],
    ['it has TLS', () => encrypted.url.replace('tls=true', 'tls=false'), 'uses TLS, but the connection string has tls=false'],
    ['nothing listens there', () => 'kurrentdb://127.0.0.1:1?tls=false', 'nothing listens at 127.0.0.1:1'],
  ])('%s', async (_, url, reason) => {
    const [protocol = '', host = '', options = ''] = url().split(/\/\/|\?/);
    for (const address of [url(), `${protocol}//${host},${host}?${options}&maxDiscoverAttempts=2`]) {
      const opening = open(address, { retryMs: 100 });
      await expect(opening).rejects.toThrow(LogUnavailable);
      await expect(opening).rejects.toThrow(reason);
    }
  });

  test('a preference for nodes that there are none of is refused at once', async () => {
    await expect(open(`${plain.url}&nodePreference=nearest`)).rejects.toThrow('is not valid: check its options');
  });

  test('its certificate is good, or not looked at', async () => {
    expect(await (await open(`${encrypted.url}&tlsCaFile=${ours.file}`)).head()).toBe(0);
    expect(await (await open(`${elsewhere.url}&tlsVerifyCert=false`)).head()).toBe(0);
  });
});
