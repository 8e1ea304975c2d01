/** Moving a log: nothing is lost, doubled, changed or put elsewhere, however often it is broken off and whatever the engines are. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { EventIdTaken, type EventLog } from '../../src/log/port.js';
import { openEmbeddedLog, type EmbeddedLogOptions } from '../../src/log/embedded.js';
import { openKurrentLog } from '../../src/log/kurrent.js';
import { migrate, type MigrateOptions, type Step } from '../../src/migrate/migrate.js';
import { MigrationRefused } from '../../src/migrate/refused.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';
import { freshStream, noted } from '../support/log/log-events.js';
import { fill, wholeOf } from '../support/log/migrations.js';
import { overriding } from '../support/overriding.js';

type Engine = 'embedded' | 'EventStoreDB' | 'KurrentDB';

const servers = new Map<Engine, KurrentServer>();
beforeAll(async () => {
  servers.set('EventStoreDB', await startKurrentServer({ like: '23.10' }));
  servers.set('KurrentDB', await startKurrentServer({ like: '26.1' }));
});
afterAll(() => Promise.all([...servers.values()].map((server) => server.dispose())));

describe.each<[Engine, Engine]>([
  ['embedded', 'embedded'],
  ['embedded', 'EventStoreDB'],
  ['EventStoreDB', 'embedded'],
  ['embedded', 'KurrentDB'],
  ['KurrentDB', 'EventStoreDB'],
])('from %s to %s', (from, to) => {
  let folder: Folder;
  let source: EventLog;
  let target: EventLog;
  beforeEach(async () => {
    folder = temporaryFolder();
    [source, target] = [await open(from, 'source'), await open(to, 'target')];
  });
  afterEach(async () => {
    await source.close();
    await target.close();
    folder.remove();
  });

  /** An empty log, opened as the source's own or as the copy: the test gives the times. */
  async function open(engine: Engine, name: string, options: Pick<EmbeddedLogOptions, 'maxPages'> = {}): Promise<EventLog> {
    const server = servers.get(engine);
    if (server) {
      return openKurrentLog({ url: server.url, prefix: `${name}.${randomUUID().slice(0, 8)}.`, copying: true });
    }
    return openEmbeddedLog({ file: `${folder.path}/${name}/events.db`, copying: true, synchronous: 'NORMAL', ...options });
  }

  const moved = (options?: MigrateOptions) => migrate(source, target, options);

  /** The source, to which somebody writes just before it is asked for its end. */
  function writtenTo(when: () => boolean): EventLog {
    return overriding(source, {
      head: async () => {
        if (when()) await source.append(freshStream(), 'none', [noted()]);
        return source.head();
      },
    });
  }

  describe('moving a log', () => {
    test('keeps every event as it is, in order', async () => {
      await fill(source, 300);
      const migration = await moved();
      const events = await wholeOf(source);
      expect(await wholeOf(target)).toEqual(events);
      expect(migration).toMatchObject({ held: 0, copied: events.length, difference: undefined, behind: false });
      expect(migration?.source).toEqual(migration?.target);
      expect(migration?.target.events).toBe(events.length);
    });

    if (from !== to) {
      test('loses and doubles nothing when connections break', async () => {
        await fill(source, 300);
        let moving = true;
        const dropping = (async () => {
          // Less and less often, so that it ends on any machine.
          for (let pause = 20; moving; pause += 10) {
            await Promise.all([...servers.values()].map((server) => server.drop()));
            await delay(pause);
          }
        })();
        const migration = await moved().finally(() => (moving = false));
        await dropping;
        expect(migration).toMatchObject({ copied: 600, difference: undefined });
        expect(await wholeOf(target)).toEqual(await wholeOf(source));
      });
    }

    test('of an empty log is done at once', async () => {
      expect(await moved()).toMatchObject({ held: 0, copied: 0, source: { events: 0 }, target: { events: 0 }, difference: undefined });
    });

    test('again copies nothing, and later what came meanwhile', async () => {
      await fill(source, 50);
      const first = await moved();
      expect(await moved()).toMatchObject({ held: first?.copied, copied: 0, target: first?.target });
      await fill(source, 5);
      expect(await moved()).toMatchObject({ held: first?.copied, copied: (await wholeOf(source)).length - Number(first?.copied) });
      expect(await wholeOf(target)).toEqual(await wholeOf(source));
    });

    test('that was stopped goes on where the target ends', async () => {
      await fill(source, 1_100);
      const stop = new AbortController();
      expect(await moved({ signal: stop.signal, onProgress: (step) => step === 'copy' && stop.abort() })).toBeUndefined();
      const held = (await wholeOf(target)).length;
      const all = await wholeOf(source);
      expect(held).toBeGreaterThan(0);
      expect(held).toBeLessThan(all.length);
      expect(await moved()).toMatchObject({ held, copied: all.length - held, difference: undefined });
      expect(await wholeOf(target)).toEqual(all);
    });

    if (to === 'embedded') {
      test('that met a full disk goes on when there is space', async () => {
        const large = Array.from({ length: 1_000 }, () => noted('x'.repeat(4_000)));
        for (const event of [...large, ...Array.from({ length: 10 }, () => noted())]) await source.append(freshStream(), 'none', [event]);
        await target.close();
        target = await open(to, 'target', { maxPages: 400 });
        await expect(moved()).rejects.toThrow('free some space');
        await target.close();
        target = await open(to, 'target');
        expect(await moved()).toMatchObject({ difference: undefined, target: { events: 1_010 } });
        expect(await wholeOf(target)).toEqual(await wholeOf(source));
      });
    }

    test('goes on until it has caught up with a source that is written to', async () => {
      await fill(source, 100);
      let written = 0;
      const busy = writtenTo(() => (written += 1) <= 3);
      const migration = await migrate(busy, target);
      expect(migration).toMatchObject({ copied: 199 + 3, difference: undefined, behind: false });
      expect(await wholeOf(target)).toEqual(await wholeOf(source));
    });

    test('says that it is behind when the source is written to after that', async () => {
      await fill(source, 100);
      let verifying = false;
      const busy = writtenTo(() => verifying);
      const migration = await migrate(busy, target, { onProgress: (step) => (verifying = step === 'verify') });
      expect(migration).toMatchObject({ copied: 199, source: { events: 199 }, difference: undefined, behind: true });
      expect(await wholeOf(target)).toEqual((await wholeOf(source)).slice(0, 199));
    });

    test('keeps times that lie ahead of this machine', async () => {
      await source.append(freshStream(), 'none', [noted({}, { recordedAt: '2125-01-01T00:00:00.000Z' })]);
      await moved();
      expect((await wholeOf(target))[0]?.metadata.recordedAt).toBe('2125-01-01T00:00:00.000Z');
    });

    test('tells how far it is, step by step, to the end', async () => {
      await fill(source, 1_000);
      await moved();
      await fill(source, 10);
      const steps = new Map<Step, readonly number[]>();
      await moved({ onProgress: (step, ...figures) => steps.set(step, figures) });
      const [before, all] = [1_999, (await wholeOf(source)).length];
      expect([...steps]).toEqual([
        ['look', [before, before, 0]],
        ['copy', [all, all, before]],
        ['verify', [all, all, 0]],
      ]);
    });
  });

  describe('a target that holds anything else is refused before anything is written to it', () => {
    const refused = async (): Promise<string> => {
      const before = await wholeOf(target);
      const failure = await moved().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(MigrationRefused);
      expect(await wholeOf(target)).toEqual(before);
      return (failure as Error).message;
    };

    test('another log', async () => {
      await fill(source, 10);
      await fill(target, 2);
      expect(await refused()).toMatch(
        /^The target has other events than the source: event 1 is Noted .* Nothing was written\. Use an empty log/,
      );
    });

    test('the same events, one of them with another time', async () => {
      const [stream, first, second] = [freshStream(), noted(), noted()];
      for (const [log, recordedAt] of [
        [source, '2026-01-01T00:00:00.000Z'],
        [target, '2026-01-01T00:00:00.001Z'],
      ] as const) {
        await log.append(stream, 'none', [{ ...first, metadata: { ...first.metadata, recordedAt: '2026-01-01T00:00:00.000Z' } }]);
        await log.append(stream, 0, [{ ...second, metadata: { ...second.metadata, recordedAt } }]);
      }
      expect(await refused()).toContain(`event 2, Noted ${second.id} (lead-${stream.id}, revision 1), differs`);
    });

    test('a longer log', async () => {
      await fill(source, 10);
      await moved();
      await target.append(freshStream(), 'none', [noted()]);
      expect(await refused()).toMatch(/has more events than the source: event 20 is missing in the source/);
    });
  });

  describe('what goes wrong on the way', () => {
    test('somebody else writes to the target: the comparison says where', async () => {
      await fill(source, 1_100);
      const stranger = noted();
      let written: Promise<unknown> | undefined;
      const migration = await moved({
        onProgress: (step) => {
          if (step === 'copy') written ??= target.append(freshStream(), 'none', [stranger]);
        },
      });
      await written;
      expect(migration?.difference).toMatch(new RegExp(`^event \\d+ is Noted .* in the source and Noted ${stranger.id} .* in the target$`));
      expect(migration?.source.hash).not.toBe(migration?.target.hash);
      expect(migration?.target.events).toBe(Number(migration?.source.events) + 1);
    });

    test('somebody else writes to a stream of the source: it is refused', async () => {
      const [stream, other] = [freshStream(), freshStream()];
      await source.append(stream, 'none', [noted(), noted()]);
      await fill(source, 1_100);
      await source.append(stream, 1, [noted()]);
      let written: Promise<unknown> | undefined;
      const moving = moved({
        onProgress: (step) => {
          if (step === 'copy') written ??= target.append(stream, 1, [noted()]).then(() => target.append(other, 'none', [noted()]));
        },
      });
      await expect(moving).rejects.toThrow(`Event 2 of lead-${stream.id} can't be copied: the target has events up to 2 of that stream.`);
      await written;
    });

    if (from === 'embedded' && to !== 'embedded') {
      test('an event is larger than the target takes: it is named, and what came before it is there', async () => {
        const [before, large] = [freshStream(), freshStream()];
        await source.append(before, 'none', [noted()]);
        await source.append(large, 'none', [noted({ text: 'x'.repeat(1_100_000) })]);
        await expect(moved()).rejects.toThrow(
          new RegExp(`^Event 0 of lead-${large.id} can't be copied: .* has 1100\\d+ bytes; .* Earlier events`),
        );
        expect(await wholeOf(target)).toHaveLength(1);
      });
    }

    test('an id stands in two streams, as EventStoreDB allows: a log that takes it once says so', async () => {
      const [first, second, id] = [freshStream(), freshStream(), noted().id];
      await source.append(first, 'none', [noted({}, { id })]);
      await source.append(second, 'none', [noted()]);
      const double = overriding<EventLog>(target, {
        append: (stream, expected, events) =>
          stream.id === second.id ? Promise.reject(new EventIdTaken(id, first)) : target.append(stream, expected, events),
        appendAll: () => Promise.reject(new EventIdTaken(id, first)),
      });
      await expect(migrate(source, double)).rejects.toThrow(
        `An event of lead-${second.id} can't be copied: its id ${id} is also in lead-${first.id}`,
      );
    });
  });
});
