/** What every event log does: each sentence of `src/log/port.ts` as a test. An adapter's test file calls this with its way to open one. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { EventIdTaken, WrongRevision, type EventLog, type EventToAppend, type Expected, type Page } from '../../src/log/port.js';
import { streamName, type RecordedEvent, type Stream } from '../../src/kernel/event.js';
import { carriedOver, eventsOf, freshStream, noted, readToEnd, sealedPart, tailed } from '../support/log/log-events.js';
import { LogModel, type IdsSeen, type ModelOutcome } from '../support/log/log-model.js';

/** An empty log, and how to look at it a second time. */
export interface LogUnderTest {
  readonly log: EventLog;
  /** The same log, opened once more. */
  openAgain(): Promise<EventLog>;
  /** Closes and removes it. */
  dispose(): Promise<void>;
}

/** What engines may differ in. */
interface Differences {
  /** Where an id that is used again is noticed, as docs/engines.md says. */
  readonly idsSeen?: IdsSeen;
  /** How many random logs are compared with the simplest one: fewer where every call goes over a network. */
  readonly runs?: number;
}

export function logConformance(name: string, openFresh: () => Promise<LogUnderTest>, differences: Differences = {}): void {
  const { idsSeen = 'log', runs = 40 } = differences;
  describe(`${name}: the log's port`, () => {
    let subject: LogUnderTest;
    let log: EventLog;
    beforeEach(async () => {
      subject = await openFresh();
      log = subject.log;
    });
    afterEach(() => subject.dispose());

    const numbers = (count: number) => Array.from({ length: count }, (_, n) => noted({ n }));
    const ids = (events: readonly { readonly id: string }[]) => events.map((event) => event.id);

    describe('append', () => {
      test('puts events right after the expected one and answers with the place of the last', async () => {
        const stream = freshStream();
        const first = await log.append(stream, 'none', numbers(2));
        expect(first.revision).toBe(1);
        const second = await log.append(stream, 1, numbers(3));
        expect(second.revision).toBe(4);
        expect(second.position).toBeGreaterThan(first.position);
        const events = await log.readStream(stream);
        expect(events.map((event) => event.revision)).toEqual([0, 1, 2, 3, 4]);
        expect(events.at(1)?.position).toBe(first.position);
        expect(events.at(4)?.position).toBe(second.position);
      });

      test('keeps an event as it was given', async () => {
        const stream = { type: 'lead', id: 'ș-42 "quoted" \\ /' };
        const data = { name: 'Ștefan 🎈', note: 'line\nbreak \u0000 \u2028', list: [1, null, { deep: -1.5 }], none: null };
        const event = { ...noted(data, { type: 'Odd "type"' }), version: 3 };
        await log.append(stream, 'none', [event]);
        const [stored] = await log.readStream(stream);
        expect(stored).toEqual({
          ...event,
          stream,
          revision: 0,
          position: await log.head(),
          metadata: { ...event.metadata, recordedAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/) },
        });
      });

      test('keeps sealed parts to the byte, and the codes of warnings that were acknowledged', async () => {
        const stream = freshStream();
        const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        const events = [
          noted({ open: 1 }, { sealed: [sealedPart(every)], acknowledged: ['DUPLICATE_EMAIL'] }),
          noted({ open: 2 }),
          noted(null, { sealed: [sealedPart(Uint8Array.of(1)), sealedPart(), sealedPart(new Uint8Array(70_000).fill(0xff))] }),
          noted({}, { sealed: [{ k: '-_-_AAAA-_-_zzzz', v: every }], acknowledged: ['LATE', 'B2_B', 'LATE'] }),
        ];
        await log.append(stream, 'none', events.slice(0, 2));
        await log.appendAll([
          { stream, expected: 1, events: events.slice(2) },
          { stream: freshStream(), expected: 'none', events: [noted()] },
        ]);
        const wanted = events.map(({ sealed, metadata: { acknowledged } }) => ({ sealed, acknowledged }));
        const told = (recorded: readonly RecordedEvent[]) =>
          recorded.slice(0, 4).map(({ sealed, metadata: { acknowledged } }) => ({ sealed, acknowledged }));
        const later = await subject.openAgain();
        expect(told(await log.readStream(stream))).toEqual(wanted);
        expect(told(await later.readStream(stream))).toEqual(wanted);
        expect(told(eventsOf(await readToEnd(log, 100)))).toEqual(wanted);
        expect(told(eventsOf(await readToEnd(log, 100, ['Noted'])))).toEqual(wanted);
        expect(told(eventsOf(await tailed(later, 0, 5)))).toEqual(wanted);
        const [, second] = await log.readStream(stream);
        expect(second).not.toHaveProperty('sealed');
        expect(second?.metadata).not.toHaveProperty('acknowledged');
        await later.close();
      });

      test('asked for again is the same by its ids, whatever is sealed the second time', async () => {
        const stream = freshStream();
        const id = randomUUID();
        const first = noted({}, { id, sealed: [sealedPart()] });
        const appended = await log.append(stream, 'none', [first]);
        expect(await log.append(stream, 'none', [noted({}, { id, sealed: [sealedPart()] })])).toEqual(appended);
        expect((await log.readStream(stream)).map(({ sealed }) => sealed)).toEqual([first.sealed]);
      });

      test('of sealed parts or codes that no log could give back is refused', async () => {
        const stream = freshStream();
        const { v } = sealedPart();
        const sealed = [[], [{ k: 'AAAA', v }], [{ k: 'AAAA+/AAAA+/AAAA', v }], [sealedPart(), sealedPart(new Uint8Array())]];
        for (const parts of sealed) await expect(log.append(stream, 'none', [noted({}, { sealed: parts })])).rejects.toThrow(RangeError);
        const acknowledged = [[], [''], ['late'], ['A B'], ['LATE', 'A,B']];
        for (const codes of acknowledged) {
          await expect(log.append(stream, 'none', [noted({}, { acknowledged: codes })])).rejects.toThrow(RangeError);
        }
        expect(await log.readStream(stream)).toEqual([]);
      });

      const wrong: readonly [string, number, Expected, Expected][] = [
        ['none, but there are events', 2, 'none', 1],
        ['an event, but there is none', 0, 0, 'none'],
        ['one that has a successor', 3, 1, 2],
        ['one that is not there yet', 1, 5, 0],
      ];
      test.each(wrong)('that expects %s is refused with where the stream stands', async (_, there, expected, actual) => {
        const stream = freshStream();
        if (there > 0) await log.append(stream, 'none', numbers(there));
        const head = await log.head();
        const error = await log.append(stream, expected, numbers(2)).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(WrongRevision);
        expect(error).toMatchObject({ stream, expected, actual });
        expect(await log.head()).toBe(head);
        expect(await log.readStream(stream)).toHaveLength(there);
      });

      test('of nothing, or of two events with one id, is refused', async () => {
        const stream = freshStream();
        const id = randomUUID();
        await expect(log.append(stream, 'none', [])).rejects.toThrow(RangeError);
        await expect(log.append(stream, 'none', [noted({}, { id }), noted({}, { id })])).rejects.toThrow(RangeError);
        expect(await log.readStream(stream)).toEqual([]);
      });

      test('that is asked for again answers as the first time, also when others have followed', async () => {
        const stream = freshStream();
        const before = numbers(1);
        const events = numbers(3);
        await log.append(stream, 'none', before);
        const first = await log.append(stream, 0, events);
        expect(await log.append(stream, 0, events)).toEqual(first);
        await log.append(stream, 3, numbers(2));
        const head = await log.head();
        expect(await log.append(stream, 0, events)).toEqual(first);
        expect(await log.append(stream, 'none', before)).toEqual({ revision: 0, position: (await log.readStream(stream))[0]?.position });
        expect(await log.head()).toBe(head);
      });

      test('that repeats only some of the events at their places is refused', async () => {
        const stream = freshStream();
        const [a, b, c] = numbers(3) as [EventToAppend, EventToAppend, EventToAppend];
        await log.append(stream, 'none', [a, b]);
        await expect(log.append(stream, 'none', [a, b, c])).rejects.toThrow(WrongRevision);
        await expect(log.append(stream, 'none', [a, c])).rejects.toThrow(WrongRevision);
        await expect(log.append(stream, 'none', [b, a])).rejects.toThrow(WrongRevision);
        expect(ids(await log.readStream(stream))).toEqual(ids([a, b]));
      });

      test('of an id that stands elsewhere in its stream is refused, also right at its end, and nothing of it is written', async () => {
        const stream = freshStream();
        const [first, last, fresh] = numbers(3) as [EventToAppend, EventToAppend, EventToAppend];
        await log.append(stream, 'none', [first, last]);
        const head = await log.head();
        for (const used of [first, last]) {
          const error = await log.append(stream, 1, [fresh, used]).catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(EventIdTaken);
          expect(error).toMatchObject({ id: used.id, stream });
          await expect(log.append(stream, 1, [used])).rejects.toThrow(EventIdTaken);
        }
        for (const expected of [0, 5]) {
          await expect(log.append(stream, expected, [first])).rejects.toMatchObject({ name: 'WrongRevision', actual: 1 });
        }
        const later = await subject.openAgain();
        await expect(later.append(stream, 1, [last])).rejects.toThrow(EventIdTaken);
        await later.close();
        expect(await log.head()).toBe(head);
        expect((await log.append(stream, 1, [fresh])).revision).toBe(2);
      });

      if (idsSeen === 'log') {
        test('of an id that stands in another stream is refused, and nothing of it is written', async () => {
          const [here, there] = [freshStream(), freshStream()];
          const [used, fresh] = numbers(2) as [EventToAppend, EventToAppend];
          await log.append(there, 'none', [used]);
          const head = await log.head();
          const error = await log.append(here, 'none', [fresh, used]).catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(EventIdTaken);
          expect(error).toMatchObject({ id: used.id, stream: there });
          expect(await log.head()).toBe(head);
          expect((await log.append(here, 'none', [fresh])).revision).toBe(0);
        });
      } else {
        test('of an id that stands in another stream is the append of another event', async () => {
          const [here, there] = [freshStream(), freshStream()];
          const events = numbers(1);
          const first = await log.append(there, 'none', events);
          const other = await log.append(here, 'none', events);
          expect(other.position).toBeGreaterThan(first.position);
          expect(await log.append(there, 'none', events)).toEqual(first);
          expect(await log.append(here, 'none', events)).toEqual(other);
        });
      }

      test('by many at once gives each event one place, and one winner per place', async () => {
        const streams = [freshStream(), freshStream(), freshStream()];
        const outcomes = await Promise.allSettled(
          Array.from({ length: 30 }, (_, n) => log.append(streams[n % 3]!, 'none', [noted({ n }), noted({ n })])),
        );
        expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(3);
        for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(WrongRevision);
        for (const stream of streams) {
          const events = await log.readStream(stream);
          expect(events.map((event) => event.revision)).toEqual([0, 1]);
          expect(new Set(events.map((event) => (event.data as { n: number }).n)).size).toBe(1);
        }
      });

      test('asked for twice at once is done once', async () => {
        const stream = freshStream();
        const events = numbers(2);
        const [one, other] = await Promise.all([log.append(stream, 'none', events), log.append(stream, 'none', events)]);
        expect(other).toEqual(one);
        expect(await log.readStream(stream)).toHaveLength(2);
      });

      test('is there for who opens the log later', async () => {
        const stream = freshStream();
        const events = numbers(2);
        await log.append(stream, 'none', events);
        const later = await subject.openAgain();
        expect(ids(await later.readStream(stream))).toEqual(ids(events));
        expect(await later.append(stream, 'none', events)).toEqual({ revision: 1, position: await log.head() });
        await later.close();
      });
    });

    describe('appends in order', () => {
      test('stand one after the other, also those to one stream, and answer with their places', async () => {
        const [first, second] = [freshStream(), freshStream()];
        await log.append(second, 'none', numbers(1));
        const batches = [numbers(2), numbers(1), numbers(3), numbers(1)];
        const [a, b, c, d] = batches as [EventToAppend[], EventToAppend[], EventToAppend[], EventToAppend[]];
        const appended = await log.appendAll([
          { stream: first, expected: 'none', events: a },
          { stream: second, expected: 0, events: b },
          { stream: first, expected: 1, events: c },
          { stream: freshStream(), expected: 'none', events: d },
        ]);
        expect(appended.revisions).toEqual([1, 1, 4, 0]);
        expect(appended.position).toBe(await log.head());
        const written = eventsOf(await readToEnd(log, 100)).slice(1);
        expect(ids(written)).toEqual(ids(batches.flat()));
        expect(written.map(({ revision }) => revision)).toEqual([0, 1, 1, 2, 3, 4, 0]);
      });

      test('keep events as they were given', async () => {
        const stream = { type: 'lead', id: 'ș-43 "quoted" \\ /' };
        const data = { name: 'Ștefan 🎈', note: 'line\nbreak \u0000 \u2028', list: [1, null, { deep: -1.5 }], none: null };
        const event = { ...noted(data, { type: 'Odd "type"' }), version: 3 };
        await log.appendAll([{ stream, expected: 'none', events: [event] }]);
        const [stored] = await log.readStream(stream);
        expect(stored).toMatchObject({ ...event, stream, revision: 0, position: await log.head() });
      });

      test('end with the first that is refused: nothing after it is written', async () => {
        const [before, taken, after] = [freshStream(), freshStream(), freshStream()];
        await log.append(taken, 'none', numbers(1));
        const appends = [before, taken, after].map((stream) => ({ stream, expected: 'none' as const, events: numbers(2) }));
        await expect(log.appendAll(appends)).rejects.toMatchObject({ name: 'WrongRevision', stream: taken, expected: 'none', actual: 0 });
        expect(await log.readStream(after)).toEqual([]);
        expect(await log.readStream(taken)).toHaveLength(1);
      });

      test('that are asked for again write nothing more, whether all stand there or some', async () => {
        const appends = Array.from({ length: 5 }, () => ({ stream: freshStream(), expected: 'none' as const, events: numbers(2) }));
        await log.appendAll(appends.slice(0, 2));
        const all = await log.appendAll(appends);
        const head = await log.head();
        expect((await log.appendAll(appends)).revisions).toEqual(all.revisions);
        await log.append(appends[0]!.stream, 1, numbers(1));
        expect((await log.appendAll(appends.slice(0, 3))).revisions).toEqual([1, 1, 1]);
        expect(await log.head()).toBeGreaterThan(head);
        expect(eventsOf(await readToEnd(log, 100))).toHaveLength(11);
      });

      test('of an id that its stream has already are refused, and nothing of that append or after it is written', async () => {
        const [stream, after] = [freshStream(), freshStream()];
        const [used, fresh] = numbers(2) as [EventToAppend, EventToAppend];
        await log.append(stream, 'none', [used]);
        const appends = [
          { stream, expected: 0, events: [fresh, used] },
          { stream: after, expected: 'none' as const, events: numbers(1) },
        ];
        await expect(log.appendAll(appends)).rejects.toThrow(EventIdTaken);
        expect(await log.readStream(stream)).toHaveLength(1);
        expect(await log.readStream(after)).toEqual([]);
      });

      test('are refused when there are none, or one has no events', async () => {
        await expect(log.appendAll([])).rejects.toThrow(RangeError);
        const stream = freshStream();
        await expect(log.appendAll([{ stream, expected: 'none', events: [] }])).rejects.toThrow(RangeError);
      });
    });

    describe('readStream', () => {
      test('gives a stream from a revision on, as many as asked for', async () => {
        const stream = freshStream();
        const events = numbers(5);
        await log.append(stream, 'none', events);
        expect(ids(await log.readStream(stream))).toEqual(ids(events));
        expect(ids(await log.readStream(stream, 2))).toEqual(ids(events.slice(2)));
        expect(ids(await log.readStream(stream, 1, 2))).toEqual(ids(events.slice(1, 3)));
        expect(await log.readStream(stream, 5)).toEqual([]);
      });

      test('keeps streams apart whose names begin alike', async () => {
        const long = { type: 'lead', id: 'a-b' };
        const short = { type: 'lead', id: 'a' };
        await log.append(long, 'none', numbers(2));
        expect(await log.readStream(short)).toEqual([]);
        await log.append(short, 'none', numbers(1));
        expect((await log.readStream(long)).map((event) => event.stream)).toEqual([long, long]);
      });
    });

    describe('readAll', () => {
      test.each([1, 3, 7, 100])('gives every event once, in order, in pages of %d', async (limit) => {
        const [a, b] = [freshStream(), freshStream('account')];
        const events = numbers(7);
        for (const [n, event] of events.entries()) {
          const stream = n % 2 === 0 ? a : b;
          await log.append(stream, n < 2 ? 'none' : Math.floor(n / 2) - 1, [event]);
        }
        const pages = await readToEnd(log, limit);
        expect(ids(eventsOf(pages))).toEqual(ids(events));
        expect(eventsOf(pages).map((event) => event.stream)).toEqual([a, b, a, b, a, b, a]);
        for (const page of pages) {
          expect(page.events.length).toBeLessThanOrEqual(limit);
          expect(page.events.at(-1)?.position ?? 0).toBeLessThanOrEqual(page.position);
        }
        const positions = eventsOf(pages).map((event) => event.position);
        expect(positions).toEqual([...positions].sort((x, y) => x - y));
        expect(new Set(positions).size).toBe(7);
      });

      test.each([1, 2, 50])('of named types gives those only and gets to the end, in pages of %d', async (limit) => {
        const types = [
          'Noted',
          'Priced',
          'Noted',
          'Sold',
          ...Array.from({ length: 60 }, () => 'Noted'),
          'Priced',
          ...Array.from({ length: 25 }, () => 'Noted'),
        ];
        await log.append(
          freshStream(),
          'none',
          types.map((type) => noted({}, { type })),
        );
        const pages = await readToEnd(log, limit, ['Priced', 'Sold']);
        expect(eventsOf(pages).map((event) => event.type)).toEqual(['Priced', 'Sold', 'Priced']);
        expect(pages.at(-1)?.position).toBeGreaterThanOrEqual(await log.head());
        expect(pages.at(-1)?.position).toBeLessThanOrEqual(await log.end());
        for (const page of pages) expect(page.events.length).toBeLessThanOrEqual(limit);
        expect(eventsOf(await readToEnd(log, limit, []))).toEqual([]);
      });

      test('of an empty log, or after its end, is an empty page that stays where it is', async () => {
        const empty = await readToEnd(log, 10);
        expect(eventsOf(empty)).toEqual([]);
        const start = empty.at(-1)?.position ?? 0;
        expect(await log.readAll(start, 10)).toEqual({ events: [], position: start });
        await log.append(freshStream(), 'none', numbers(1));
        for (const types of [undefined, ['Noted']]) {
          const pages = await readToEnd(log, 10, types, start);
          expect(eventsOf(pages)).toHaveLength(1);
          const position = pages.at(-1)?.position ?? 0;
          expect(await log.readAll(position, 10, types)).toEqual({ events: [], position });
        }
      });
    });

    describe('tail', () => {
      test('gives what is there and then what comes, each once, in order', async () => {
        const stream = freshStream();
        await log.append(stream, 'none', numbers(20));
        const tail = tailed(log, 0, 50);
        for (let revision = 19; revision < 49; revision += 3) await log.append(stream, revision, numbers(3));
        const events = eventsOf(await tail);
        expect(events.map((event) => event.revision)).toEqual(Array.from({ length: 50 }, (_, n) => n));
      });

      test('begins after a position and gives the named types only', async () => {
        const stream = freshStream();
        await log.append(stream, 'none', [noted({}, { type: 'Sold' })]);
        const after = await log.head();
        const tail = tailed(log, after, 2, 1, ['Sold']);
        await log.append(stream, 0, [noted(), noted({}, { type: 'Sold' }), noted()]);
        await log.append(stream, 3, [noted(), noted({}, { type: 'Sold' })]);
        expect(eventsOf(await tail).map((event) => event.revision)).toEqual([2, 5]);
      });

      test('of several readers misses nothing of many writers', async () => {
        const other = await subject.openAgain();
        const writers = [log, other, log, other, log];
        const tails = [tailed(log, 0, 100, 4), tailed(other, 0, 100, 1000), tailed(log, 0, 100, 1)];
        await Promise.all(
          writers.map(async (writer) => {
            const stream = freshStream();
            for (let n = 0; n < 10; n++) await writer.append(stream, n === 0 ? 'none' : n * 2 - 1, numbers(2));
          }),
        );
        const all = ids(eventsOf(await readToEnd(log, 1000)));
        expect(all).toHaveLength(100);
        for (const tail of tails) expect(ids(eventsOf(await tail))).toEqual(all);
        await other.close();
      });

      test('ends when it is aborted: before it began, while it waits, and between two pages', async () => {
        expect(eventsOf(await endOf(AbortSignal.abort()))).toEqual([]);
        const waiting = new AbortController();
        const tail = endOf(waiting.signal);
        setTimeout(() => {
          waiting.abort();
        }, 20);
        expect(eventsOf(await tail)).toEqual([]);
        await log.append(freshStream(), 'none', numbers(20));
        expect(eventsOf(await tailed(log, 0, 3, 3))).toHaveLength(3);
      });

      async function endOf(signal: AbortSignal): Promise<readonly Page[]> {
        const pages: Page[] = [];
        for await (const page of log.tail(0, { limit: 10, signal })) pages.push(page);
        return pages;
      }
    });

    describe('recorded times', () => {
      test("are the log's own, and never go down along it", async () => {
        const before = Date.now();
        await log.append(freshStream(), 'none', numbers(2));
        await log.append(freshStream(), 'none', [carriedOver('2018-01-01T00:00:00.000Z')]);
        await log.append(freshStream(), 'none', numbers(1));
        const times = eventsOf(await readToEnd(log, 10)).map((event) => Date.parse(event.metadata.recordedAt));
        expect(times).toEqual([...times].sort((x, y) => x - y));
        expect(times[0]).toBeGreaterThanOrEqual(before - 1);
        expect(times.at(-1)).toBeLessThanOrEqual(Date.now() + 1);
      });

      test('of events carried over into an empty log are those of their source', async () => {
        const times = ['2017-06-01T08:00:00.000Z', '2017-06-01T08:00:00.000Z', '2018-02-26T19:58:54.123Z'];
        await log.append(freshStream(), 'none', times.map(carriedOver));
        const events = eventsOf(await readToEnd(log, 10));
        expect(events.map((event) => event.metadata.recordedAt)).toEqual(times);
        expect(events[0]?.metadata.importedAt).toBe('2026-01-01T00:00:00.000Z');
      });

      test("are not the caller's to give otherwise", async () => {
        const recordedAt = '2018-01-01T00:00:00.000Z';
        const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
        await expect(log.append(freshStream(), 'none', [noted({}, { recordedAt })])).rejects.toThrow(RangeError);
        await expect(log.append(freshStream(), 'none', [carriedOver(tomorrow)])).rejects.toThrow(RangeError);
        await expect(log.append(freshStream(), 'none', [carriedOver('yesterday')])).rejects.toThrow(RangeError);
        expect(await log.head()).toBe(0);
      });
    });

    describe('positionAt', () => {
      test('is the last event recorded at or before an instant', async () => {
        expect(await log.positionAt('2026-01-01T00:00:00.000Z')).toBe(0);
        const times = ['2018-01-01T00:00:00.000Z', '2018-01-02T00:00:00.000Z', '2018-01-02T00:00:00.000Z', '2018-01-03T00:00:00.000Z'];
        await log.append(freshStream(), 'none', times.map(carriedOver));
        const [first, , third, fourth] = eventsOf(await readToEnd(log, 10)).map((event) => event.position);
        const expected: readonly [string, number | undefined][] = [
          ['2017-12-31T23:59:59.999Z', 0],
          ['2018-01-01T00:00:00.000Z', first],
          ['2018-01-01T23:59:59.999Z', first],
          ['2018-01-02T00:00:00.000Z', third],
          ['2018-01-02T01:00:00.000+01:00', third],
          ['2018-01-02T00:00:00.001Z', third],
          ['2018-01-03T00:00:00.000Z', fourth],
          ['2100-01-01T00:00:00.000Z', fourth],
        ];
        for (const [instant, position] of expected) expect([instant, await log.positionAt(instant)]).toEqual([instant, position]);
      });

      test('of what is no instant is refused', async () => {
        await expect(log.positionAt('last week')).rejects.toThrow(RangeError);
      });
    });

    test("head is 0 of an empty log and the last event's position of another", async () => {
      expect(await log.head()).toBe(0);
      const { position } = await log.append(freshStream(), 'none', numbers(3));
      expect(await log.head()).toBe(position);
    });

    test('it does what the simplest log would do, whatever is asked of it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 9 }), async (requests, limit) => {
          const fresh = await openFresh();
          try {
            await compare(fresh, requests, limit, idsSeen);
          } finally {
            await fresh.dispose();
          }
        }),
        { numRuns: runs },
      );
    });
  });
}

/** An append to be made up from what has been appended so far. */
const request = fc.record({
  stream: fc.integer({ min: 0, max: 2 }),
  expected: fc.constantFrom('right', 'right', 'right', 'none', 'stale', 'ahead'),
  events: fc.constantFrom('fresh', 'fresh', 'fresh', 'again', 'partly', 'taken'),
  data: fc.array(fc.jsonValue(), { minLength: 1, maxLength: 3 }),
  type: fc.constantFrom('Noted', 'Priced', 'Sold'),
  /** Asked for in the same turn as the one before. */
  together: fc.boolean(),
  pick: fc.nat(),
});

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

interface Asked {
  readonly stream: Stream;
  readonly expected: Expected;
  readonly events: readonly EventToAppend[];
}

/** Makes the same appends to the log and to the model, alone and together with others, and compares all that can be read. */
async function compare({ log }: LogUnderTest, requests: readonly Request[], limit: number, idsSeen: IdsSeen): Promise<void> {
  const model = new LogModel(idsSeen);
  const streams = [freshStream(), freshStream(), freshStream('account')];
  const asked: Asked[] = [];
  let pending: { readonly outcome: Promise<unknown>; readonly wanted: ModelOutcome }[] = [];

  /** How many events there were whenever nothing was under way. */
  const settledAt: number[] = [];
  const settle = async () => {
    for (const { outcome, wanted } of pending) expect(await outcome).toEqual(wanted);
    pending = [];
    settledAt.push(model.events.length);
  };

  for (const one of requests) {
    const append = toAppend(one, model, streams, asked);
    if (!one.together) await settle();
    asked.push(append);
    const wanted = model.append(append.stream, append.expected, append.events);
    const outcome = log.append(append.stream, append.expected, append.events).then(
      ({ revision }) => ({ revision }),
      (error: unknown) => (error as Error).name,
    );
    pending.push({ outcome, wanted });
  }
  await settle();

  const seen = ({ id, stream, revision, type, data }: Seen) => ({ id, stream, revision, type, data: JSON.stringify(data) });
  /** Appends of one turn to different streams may come in any order where each stream is judged by itself, and only those. */
  const inOrder = (events: readonly Seen[]) => {
    if (idsSeen === 'log') return events.map(seen);
    const turn = ({ stream, revision }: Seen) => {
      const place = model.events.findIndex((event) => streamName(event.stream) === streamName(stream) && event.revision === revision);
      return settledAt.findIndex((count) => place < count);
    };
    expect(events.map(turn)).toEqual(events.map(turn).sort((x, y) => x - y));
    for (const stream of streams) {
      const own = events.filter((event) => streamName(event.stream) === streamName(stream)).map((event) => event.revision);
      expect(own).toEqual([...own].sort((x, y) => x - y));
    }
    return events.map(seen).sort((x, y) => streamName(x.stream).localeCompare(streamName(y.stream)) || x.revision - y.revision);
  };
  expect(inOrder(eventsOf(await readToEnd(log, limit)))).toEqual(inOrder(model.events));
  const sold = model.events.filter((event) => event.type !== 'Noted');
  expect(inOrder(eventsOf(await readToEnd(log, limit, ['Sold', 'Priced'])))).toEqual(inOrder(sold));
  for (const stream of streams) expect((await log.readStream(stream)).map(seen)).toEqual(model.stream(stream).map(seen));
  if (model.events.length > 0) {
    expect(inOrder(eventsOf(await tailed(log, 0, model.events.length, limit)))).toEqual(inOrder(model.events));
  }
}

type Seen = LogModel['events'][number];

function toAppend(
  { stream: index, expected: kind, events: which, data, type, pick }: Request,
  model: LogModel,
  streams: readonly Stream[],
  asked: readonly Asked[],
): Asked {
  const earlier = asked[pick % Math.max(asked.length, 1)];
  if (which === 'again' && earlier) return earlier;
  const stream = streams[index]!;
  const there = model.stream(stream).length;
  const right: Expected = there === 0 ? 'none' : there - 1;
  const expected: Expected = kind === 'none' ? 'none' : kind === 'stale' ? Math.max(there - 2, 0) : kind === 'ahead' ? there + 1 : right;
  const events = data.map((value) => noted(value, { type }));
  if (which === 'partly' && earlier) return { ...earlier, events: [...earlier.events, ...events] };
  if (which === 'taken' && earlier) return { stream, expected, events: [...events, ...earlier.events] };
  return { stream, expected, events };
}
