/** A log to which a history is carried over: as if each append were made when it is asked for, with few calls of the log beneath. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { gathered } from '../../src/log/gathered.js';
import { LogUnavailable, WrongRevision, type EventLog } from '../../src/log/port.js';
import { logConformance } from '../conformance/log.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { carriedOver, eventsOf, freshStream, noted, readToEnd } from '../support/log/log-events.js';
import { overriding } from '../support/overriding.js';

const AT_TEN = '2018-01-01T10:00:00.000Z';

logConformance('The gathered log', () => {
  const folder = temporaryFolder();
  const opened: EventLog[] = [];
  const openAgain = (): Promise<EventLog> => {
    const log = gathered(openEmbeddedLog({ file: folder.events }), []);
    opened.push(log);
    return Promise.resolve(log);
  };
  return openAgain().then((log) => ({
    log,
    openAgain,
    async dispose() {
      await Promise.all(opened.map((one) => one.close()));
      folder.remove();
    },
  }));
});

describe('a history in a gathered log', () => {
  let folder: Folder;
  let beneath: EventLog;
  let calls: string[];
  let log: EventLog;
  beforeEach(() => {
    folder = temporaryFolder();
    beneath = openEmbeddedLog({ file: join(folder.path, 'events.db') });
    calls = [];
    const noting: EventLog = overriding(beneath, {
      append: (...append) => {
        calls.push('append');
        return beneath.append(...append);
      },
      appendAll: (appends) => {
        calls.push(`appendAll ${appends.length}`);
        return beneath.appendAll(appends);
      },
      readStream: (...read) => {
        calls.push('readStream');
        return beneath.readStream(...read);
      },
    });
    log = gathered(noting, ['Asked']);
  });
  afterEach(async () => {
    await beneath.close();
    folder.remove();
  });

  test('is appended many at once, in its order, at the latest when it is read as a whole or the log is closed', async () => {
    const streams = Array.from({ length: 300 }, () => freshStream());
    const events = streams.flatMap((stream) => [carriedOver(AT_TEN), carriedOver(AT_TEN)].map((event) => ({ stream, event })));
    for (const [index, { stream, event }] of events.entries()) await log.append(stream, index % 2 === 0 ? 'none' : 0, [event]);
    expect(calls).toEqual(['appendAll 500']);
    expect(eventsOf(await readToEnd(log, 1000)).map(({ id }) => id)).toEqual(events.map(({ event }) => event.id));
    expect(calls).toEqual(['appendAll 500', 'appendAll 100']);
    await log.append(freshStream(), 'none', [carriedOver(AT_TEN)]);
    await log.close();
    expect(calls.at(-1)).toBe('appendAll 1');
  });

  test('is read of a stream before it is written, and without asking for what is known not to be there', async () => {
    const stream = freshStream();
    const { position } = await log.append(stream, 'none', [carriedOver(AT_TEN), carriedOver(AT_TEN)]);
    expect((await log.readStream(stream)).map(({ revision }) => revision)).toEqual([0, 1]);
    expect((await log.readStream(stream, 0, 1)).map(({ revision }) => revision)).toEqual([0]);
    expect(await log.readStream(stream, 2)).toEqual([]);
    expect(calls).toEqual([]);
    expect(await log.head()).toBeGreaterThanOrEqual(position);
    expect((await log.readStream(stream, 1)).map(({ revision }) => revision)).toEqual([1]);
  });

  test('goes on where it was left: what stands answers as the first time, what comes after it is appended', async () => {
    const [stream, other] = [freshStream(), freshStream()];
    const [first, second] = [carriedOver(AT_TEN), carriedOver(AT_TEN)];
    const before = await beneath.append(stream, 'none', [first]);
    expect(await log.append(stream, 'none', [first])).toEqual(before);
    await log.append(stream, 0, [second]);
    await log.append(other, 'none', [carriedOver(AT_TEN)]);
    await log.head();
    expect((await beneath.readStream(stream)).map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(await beneath.readStream(other)).toHaveLength(1);
  });

  test('asks for no stream once the log was read to its end', async () => {
    const [stream, other] = [freshStream(), freshStream()];
    await beneath.append(stream, 'none', [carriedOver(AT_TEN), carriedOver(AT_TEN)]);
    await readToEnd(log, 1);
    await log.append(stream, 1, [carriedOver(AT_TEN)]);
    await log.append(other, 'none', [carriedOver(AT_TEN)]);
    await log.head();
    expect(calls).toEqual(['appendAll 2']);
    expect((await beneath.readStream(stream)).map(({ revision }) => revision)).toEqual([0, 1, 2]);
    await expect(log.append(stream, 'none', [carriedOver(AT_TEN)])).rejects.toThrow(WrongRevision);
  });

  test('waits for what somebody needs the position of, and for what is recorded now', async () => {
    const stream = freshStream();
    await log.append(stream, 'none', [carriedOver(AT_TEN)]);
    const asked = await log.append(stream, 0, [{ ...carriedOver(AT_TEN), type: 'Asked' }]);
    expect(asked.position).toBe(await beneath.head());
    const now = await log.append(stream, 1, [noted()]);
    expect(now.position).toBe(await beneath.head());
    expect(calls).toEqual(['appendAll 1', 'append', 'append']);
  });

  test('fails, and goes on failing, when somebody else wrote where it goes on', async () => {
    const stream = freshStream();
    await log.append(stream, 'none', [carriedOver(AT_TEN)]);
    await beneath.append(stream, 'none', [noted()]);
    await expect(log.head()).rejects.toThrow(LogUnavailable);
    await expect(log.append(freshStream(), 'none', [carriedOver(AT_TEN)])).rejects.toThrow(/Another process appended to the log/);
    await expect(log.close()).rejects.toThrow(LogUnavailable);
    beneath = openEmbeddedLog({ file: join(folder.path, 'events.db') });
    expect(await beneath.head()).toBe(1);
  });

  test('is there for all who look at once', async () => {
    const slow = gathered(
      overriding(beneath, {
        appendAll: async (appends) => {
          await delay(20);
          return beneath.appendAll(appends);
        },
      }),
      [],
    );
    const stream = freshStream();
    await slow.append(stream, 'none', [carriedOver(AT_TEN)]);
    const looks = [slow.head(), slow.head(), slow.readAll(0, 10).then(({ position }) => position)];
    expect(await Promise.all(looks)).toEqual([1, 1, 1]);
    expect(await slow.readStream(stream)).toHaveLength(1);
  });
});
