import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedLog, type EmbeddedLogOptions } from '../../src/log/embedded.js';
import { LogUnavailable, WrongRevision, type EventLog } from '../../src/log/port.js';
import { logConformance } from '../conformance/log.js';
import { eventsOf, freshStream, noted, readToEnd, sealedPart, tailed } from '../support/log/log-events.js';

logConformance('The embedded log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-log-'));
  const file = join(folder, 'events.db');
  const opened: EventLog[] = [openEmbeddedLog({ file })];
  return {
    log: opened[0]!,
    async openAgain() {
      const log = openEmbeddedLog({ file });
      opened.push(log);
      return log;
    },
    async dispose() {
      await Promise.all(opened.map((log) => log.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describe('The embedded log', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'daybook-log-'));
    file = join(folder, 'data', 'events.db');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (options: Partial<EmbeddedLogOptions> = {}) => openEmbeddedLog({ file, ...options });

  /** What opening says; it must be one of the port's errors and name the file. */
  function refusal(options: Partial<EmbeddedLogOptions> = {}): string {
    try {
      open(options);
    } catch (error) {
      expect(error).toBeInstanceOf(LogUnavailable);
      expect((error as Error).message).toContain(options.file ?? file);
      return (error as Error).message;
    }
    throw new Error('It was opened.');
  }

  describe('a file that is not a log to be used', () => {
    test('of text', () => {
      mkdirSync(join(folder, 'data'));
      writeFileSync(file, 'Dear diary, '.repeat(1000));
      expect(refusal()).toContain('move it away or use another data folder');
      expect(readFileSync(file, 'utf8')).toBe('Dear diary, '.repeat(1000));
    });

    test('of another program', () => {
      mkdirSync(join(folder, 'data'));
      const other = new DatabaseSync(file);
      other.exec('CREATE TABLE events (position INTEGER PRIMARY KEY)');
      other.close();
      expect(refusal()).toContain('but another file');
    });

    test('that is a folder', () => {
      mkdirSync(file, { recursive: true });
      expect(refusal()).toContain('but another file');
    });

    test('in a folder that can not be', () => {
      expect(refusal({ file: '/dev/null/data/events.db' })).toContain('Check the path and its permissions');
    });

    test('that is not there, for a reader', () => {
      expect(refusal({ readOnly: true })).toContain('Check the path');
    });

    test('of a newer schema', async () => {
      await open().close();
      const raw = new DatabaseSync(file);
      raw.exec('PRAGMA user_version=2');
      raw.close();
      expect(refusal()).toContain('newer version of Daybook');
    });

    test('without its table', async () => {
      await open().close();
      const raw = new DatabaseSync(file);
      raw.exec('DROP TABLE events');
      raw.exec('CREATE TABLE other (x)');
      raw.close();
      expect(refusal()).toContain('Restore it from a backup');
    });

    test.each([2000, 5000, 100_000])('cut off after %d bytes', async (size) => {
      const log = open();
      await log.append(
        freshStream(),
        'none',
        Array.from({ length: 600 }, (_, n) => noted({ n })),
      );
      await log.close();
      const whole = readFileSync(file);
      expect(whole.length).toBeGreaterThan(100_000);
      file = join(folder, 'cut.db');
      writeFileSync(file, whole.subarray(0, size));
      expect(refusal()).toContain('Restore it from a backup');
    });

    test('overwritten in the middle, which shows when it is read', async () => {
      const log = open();
      await log.append(
        freshStream(),
        'none',
        Array.from({ length: 600 }, (_, n) => noted({ n })),
      );
      await log.close();
      const bytes = readFileSync(file);
      file = join(folder, 'overwritten.db');
      writeFileSync(file, bytes.fill(0xff, 8192, bytes.length - 8192));
      const damaged = open({ readOnly: true });
      await expect(readToEnd(damaged, 100)).rejects.toThrow(LogUnavailable);
      await expect(readToEnd(damaged, 100)).rejects.toThrow('Restore it from a backup');
      await damaged.close();
    });
  });

  test('gives ids and hashes back as they were given, in their usual form or not', async () => {
    const log = open();
    const odd = [
      '',
      '42',
      '1e3',
      'Ana',
      '6F1C0D3E-5B1A-4C0E-9D57-0C8F7D1F0A11',
      '6f1c0d3e5b1a4c0e9d570c8f7d1f0a11',
      ':',
      'a'.repeat(64),
      'g'.repeat(64),
    ];
    for (const text of [...odd, randomUUID()]) {
      const event = noted();
      const metadata = { ...event.metadata, commandId: text, commandHash: text, correlationId: text, causationId: `${text}:`, actor: text };
      const stream = { type: 'lead', id: text };
      await log.append(stream, 'none', [{ ...event, metadata: { ...metadata, onBehalfOf: text } }]);
      expect(await log.readStream(stream)).toMatchObject([{ stream, metadata: { ...metadata, onBehalfOf: text } }]);
      expect((await log.readAll((await log.head()) - 1, 1)).events).toMatchObject([{ stream, metadata }]);
    }
    await log.close();
  });

  test('gives any data back, whatever its shape', async () => {
    const log = open();
    const data: unknown[] = [JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":2}}'), {}, { a: {} }, { a: { b: {} }, c: [] }, [], 0, ''];
    data.push({ '1': 1, 'x\ny': { '"': '\n', '': null } }, { a: 1 }, { a: { a: 1 } }, { a: [{ a: 1 }, { b: undefined }] });
    const given = fc.sample(fc.array(fc.jsonValue(), { maxLength: 20 }), { numRuns: 20, seed: 1 }).flat();
    const events = [...data, ...given].map((value) => noted(value));
    await log.append(freshStream(), 'none', events);
    const read = eventsOf(await readToEnd(log, 1_000));
    expect(read.map((event) => JSON.stringify(event.data))).toEqual(events.map((event) => JSON.stringify(event.data)));
    const raw = new DatabaseSync(file, { readOnly: true });
    const shown = raw.prepare('SELECT data FROM event_log ORDER BY position').all() as readonly { readonly data: string }[];
    raw.close();
    expect(shown.map((row) => row.data)).toEqual(events.map((event) => JSON.stringify(event.data)));
    await log.close();
  });

  test('stores data as a whole when there are too many shapes', async () => {
    const log = open();
    const events = Array.from({ length: 2_100 }, (_, n) => noted({ [`name ${n}`]: { n } }));
    await log.append(freshStream(), 'none', events);
    await log.append(freshStream(), 'none', [noted({ 'name 0': { n: 'again' } }), noted({ another: { n: 'new' } })]);
    const raw = new DatabaseSync(file, { readOnly: true });
    const count = raw.prepare('SELECT count(*) AS n FROM events WHERE shape IS NOT NULL').get() as { readonly n: number };
    raw.close();
    expect(count.n).toBeGreaterThan(1_900);
    expect(count.n).toBeLessThan(2_000);
    const read = eventsOf(await readToEnd(log, 5_000)).map(({ data }) => data);
    expect(read).toEqual([...events.map(({ data }) => data), { 'name 0': { n: 'again' } }, { another: { n: 'new' } }]);
    await log.close();
  });

  test('knows nothing of a transaction that was rolled back', async () => {
    const log = open({ maxPages: 40 });
    const [first, second] = [freshStream('invoice'), freshStream('order')];
    const huge = noted('x'.repeat(1_000_000), { type: 'Huge' });
    await expect(log.append(first, 'none', [noted({ n: 1 }, { type: 'Sent' }), huge])).rejects.toThrow('free some space');
    await log.append(second, 'none', [noted({ m: 2 }, { type: 'Paid' })]);
    await log.append(first, 'none', [noted({ n: 3 }, { type: 'Sent' })]);
    const read = eventsOf(await readToEnd(log, 10));
    expect(read.map(({ stream, type, data }) => ({ stream, type, data }))).toEqual([
      { stream: second, type: 'Paid', data: { m: 2 } },
      { stream: first, type: 'Sent', data: { n: 3 } },
    ]);
    const other = open({ readOnly: true });
    expect(eventsOf(await readToEnd(other, 10))).toEqual(read);
    await Promise.all([log.close(), other.close()]);
  });

  test('names the event whose sealed parts are damaged, and reads the others', async () => {
    const log = open();
    const stream = freshStream();
    await log.append(stream, 'none', [noted(), noted({}, { sealed: [sealedPart()] })]);
    const raw = new DatabaseSync(file);
    raw.exec('UPDATE events SET sealed = substr(sealed, 1, 20) WHERE revision = 1');
    raw.close();
    await expect(log.readStream(stream)).rejects.toThrow(LogUnavailable);
    await expect(log.readAll(0, 10)).rejects.toThrow(`event 1 of the stream lead-${stream.id} are damaged`);
    expect(await log.readStream(stream, 0, 1)).toHaveLength(1);
    await log.close();
  });

  describe('appends of one turn', () => {
    test('are judged one after the other, and one that is refused takes no other with it', async () => {
      const log = open();
      const stream = freshStream();
      const taken = noted();
      const outcomes = await Promise.allSettled([
        log.append(stream, 'none', [taken]),
        log.append(stream, 0, [noted()]),
        log.append(stream, 0, [noted()]),
        log.append(freshStream(), 'none', [noted(), noted(), taken]),
        log.append(stream, 1, [noted({ endless: 1n })]),
        log.append(stream, 1, [noted({ last: true })]),
      ]);
      expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.revision : (outcome.reason as Error).name))).toEqual(
        [0, 1, 'WrongRevision', 'EventIdTaken', 'TypeError', 2],
      );
      expect(eventsOf(await readToEnd(log, 10)).map((event) => event.position)).toEqual([1, 2, 3]);
      await log.close();
    });

    test('beyond what one transaction takes are all written', async () => {
      const log = open();
      const streams = Array.from({ length: 30 }, () => freshStream());
      await Promise.all(
        streams.map((stream) =>
          log.append(
            stream,
            'none',
            Array.from({ length: 100 }, () => noted()),
          ),
        ),
      );
      expect(await log.head()).toBe(3000);
      await log.close();
    });
  });

  describe('on a full disk', () => {
    test('nothing of a turn is written, and the log goes on when there is space', async () => {
      const log = open({ maxPages: 60 });
      const [small, huge, other] = [freshStream(), freshStream(), freshStream()];
      await log.append(small, 'none', [noted()]);
      const outcomes = await Promise.allSettled([
        log.append(small, 0, [noted()]),
        log.append(huge, 'none', [noted(), noted('x'.repeat(1_000_000))]),
        log.append(other, 'none', [noted()]),
      ]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(LogUnavailable) });
        expect(outcome).toMatchObject({ reason: { message: expect.stringContaining('free some space') } });
      }
      expect(await log.head()).toBe(1);
      expect(await log.append(small, 0, [noted()])).toEqual({ revision: 1, position: 2 });
      expect(await log.readStream(huge)).toEqual([]);
      await log.close();

      const roomy = open();
      expect(await roomy.append(huge, 'none', [noted('x'.repeat(1_000_000))])).toEqual({ revision: 0, position: 3 });
      await roomy.close();
    });
  });

  describe('while another process writes', () => {
    test('an append waits for it', async () => {
      const log = open();
      const holder = new DatabaseSync(file);
      holder.exec('BEGIN IMMEDIATE');
      const appended = log.append(freshStream(), 'none', [noted()]);
      setTimeout(() => {
        holder.exec('ROLLBACK');
        holder.close();
      }, 50);
      expect(await appended).toEqual({ revision: 0, position: 1 });
      await log.close();
    });

    test('and never ends, an append fails with what to do, and nothing is written', async () => {
      const log = open({ lockTimeoutMs: 30 });
      const holder = new DatabaseSync(file);
      holder.exec('BEGIN IMMEDIATE');
      const stream = freshStream();
      const event = noted();
      await expect(log.append(stream, 'none', [event])).rejects.toThrow('is locked by another process');
      expect(await log.head()).toBe(0);
      holder.exec('ROLLBACK');
      holder.close();
      expect((await log.append(stream, 'none', [event])).revision).toBe(0);
      await log.close();
    });
  });

  describe('the clock', () => {
    test('gives the recorded time, but never one before the last event, also of another process', async () => {
      let now = Date.parse('2026-03-01T12:00:00.000Z');
      const log = open({ clock: () => now });
      const slow = open({ clock: () => Date.parse('2026-03-01T11:00:00.000Z') });
      const stream = freshStream();
      await log.append(stream, 'none', [noted()]);
      await slow.append(stream, 0, [noted()]);
      now = Date.parse('2026-03-01T12:00:00.250Z');
      await log.append(stream, 1, [noted()]);
      expect((await log.readStream(stream)).map((event) => event.metadata.recordedAt)).toEqual([
        '2026-03-01T12:00:00.000Z',
        '2026-03-01T12:00:00.000Z',
        '2026-03-01T12:00:00.250Z',
      ]);
      expect(await log.positionAt('2026-03-01T12:00:00.249Z')).toBe(2);
      await Promise.all([log.close(), slow.close()]);
    });
  });

  describe('a tail that waits', () => {
    afterEach(() => {
      jest.useRealTimers();
    });

    test('is woken by an append of its process, through the same log or another one, without looking now and then', async () => {
      jest.useFakeTimers({
        doNotFake: ['Date', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setTimeout', 'clearTimeout'],
      });
      const [log, other] = [open(), open()];
      const tails = [tailed(log, 0, 5), tailed(other, 0, 5)];
      const stream = freshStream();
      for (let n = 0; n < 5; n++) {
        await delay(5);
        await log.append(stream, n === 0 ? 'none' : n - 1, [noted()]);
      }
      for (const tail of tails) expect(eventsOf(await tail)).toHaveLength(5);
      await Promise.all([log.close(), other.close()]);
    });
  });

  describe('a reader', () => {
    test('follows what others append, and may not append', async () => {
      const log = open();
      const reader = open({ readOnly: true });
      const tail = tailed(reader, 0, 2);
      await log.append(freshStream(), 'none', [noted(), noted()]);
      expect(eventsOf(await tail)).toHaveLength(2);
      await expect(reader.append(freshStream(), 'none', [noted()])).rejects.toThrow(LogUnavailable);
      await Promise.all([log.close(), reader.close()]);
    });
  });

  describe('closing', () => {
    test('waits for appends under way, ends tails, and refuses what comes later', async () => {
      const log = open();
      const stream = freshStream();
      const tail = tailed(log, 0, 100);
      const appended = log.append(stream, 'none', [noted()]);
      const refused = log.append(stream, 5, [noted()]);
      const closed = Promise.all([log.close(), expect(refused).rejects.toThrow(WrongRevision)]);
      await expect(log.append(stream, 0, [noted()])).rejects.toThrow('is closed');
      expect((await appended).revision).toBe(0);
      await closed;
      await tail;
      await log.close();
      await expect(log.readStream(stream)).rejects.toThrow(LogUnavailable);
      const again = open();
      expect(await again.readStream(stream)).toHaveLength(1);
      await again.close();
    });
  });
});
