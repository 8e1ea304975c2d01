/** The embedded log between processes: killed while appending, appending against each other, told of what others append. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { streamName, type RecordedEvent, type Stream } from '../../src/kernel/event.js';
import { openEmbeddedLog, type EmbeddedLog } from '../../src/log/embedded.js';
import { killChildren, startChild, type Child } from '../support/processes/child.js';
import { eventsOf, freshStream, noted, readToEnd, tailed } from '../support/log/log-events.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-log-'));
  file = join(folder, 'events.db');
});
afterEach(async () => {
  await killChildren();
  rmSync(folder, { recursive: true, force: true });
});

interface Acknowledged {
  readonly stream: Stream;
  readonly revision: number;
  readonly position: number;
  readonly ids: readonly string[];
}

function acknowledged(child: Child): readonly Acknowledged[] {
  return child.lines.map((line) => JSON.parse(line) as Acknowledged);
}

async function allOf(log: EmbeddedLog): Promise<readonly RecordedEvent[]> {
  return eventsOf(await readToEnd(log, 1000));
}

function byStream(events: readonly RecordedEvent[]): ReadonlyMap<string, readonly RecordedEvent[]> {
  const streams = new Map<string, RecordedEvent[]>();
  for (const event of events) streams.set(streamName(event.stream), [...(streams.get(streamName(event.stream)) ?? []), event]);
  return streams;
}

/** Positions and each stream's revisions count up from their first without a gap. */
function expectNoGaps(events: readonly RecordedEvent[]): void {
  expect(events.map((event) => event.position)).toEqual(events.map((_, index) => index + 1));
  for (const own of byStream(events).values()) expect(own.map((event) => event.revision)).toEqual(own.map((_, index) => index));
}

describe('a process killed while it appends', () => {
  test('loses nothing that was acknowledged and leaves nothing half written, time after time', async () => {
    const kept = new Map<string, Acknowledged>();
    for (const lines of [20, 150, 400]) {
      const child = startChild('appends.mjs', file, 'forever', '8', '3');
      await child.printed(lines);
      await child.kill();
      for (const one of acknowledged(child)) kept.set(one.ids.join(), one);

      const log = openEmbeddedLog({ file });
      const events = await allOf(log);
      expectNoGaps(events);
      for (const own of byStream(events).values()) expect(own.length % 3).toBe(0);
      for (const { stream, revision, position, ids } of kept.values()) {
        const there = events.slice(position - ids.length, position);
        expect(there.map((event) => event.id)).toEqual(ids);
        expect(there.at(-1)).toMatchObject({ stream, revision, position });
      }
      expect((await log.append(freshStream(), 'none', [noted(), noted(), noted()])).position).toBe(events.length + 3);
      await log.close();
    }
  });
});

describe('two processes', () => {
  test('that create the log at the same time and append to the same streams lose and double nothing', async () => {
    const children = ['ana', 'ben'].map((name) => startChild('appends.mjs', file, 'contend', name, '40'));
    await Promise.all(children.map((child) => child.ended()));
    const log = openEmbeddedLog({ file });
    const events = await allOf(log);
    expectNoGaps(events);
    const streams = byStream(events);
    expect([...streams.keys()].sort()).toEqual(['shared-one', 'shared-three', 'shared-two']);
    for (const own of streams.values()) {
      for (const name of ['ana', 'ben']) {
        const numbers = own.map((event) => event.data as { by: string; n: number }).filter(({ by }) => by === name);
        expect(numbers.map(({ n }) => n)).toEqual(Array.from({ length: 40 }, (_, n) => n));
      }
    }
    for (const { stream, revision, position, ids } of children.flatMap(acknowledged)) {
      expect(events[position - 1]).toMatchObject({ stream, revision, id: ids[0] });
    }
    const times = events.map((event) => event.metadata.recordedAt);
    expect(times).toEqual([...times].sort());
    await log.close();
  });

  test('each see in a tail what the other appends, once and in order', async () => {
    const log = openEmbeddedLog({ file });
    const tail = tailed(log, 0, 150, 10);
    const child = startChild('appends.mjs', file, 'contend', 'ana', '40');
    const stream = freshStream();
    for (let n = 0; n < 30; n++) await log.append(stream, n === 0 ? 'none' : n - 1, [noted()]);
    await child.ended();
    const events = eventsOf(await tail);
    expect(events.map((event) => event.position)).toEqual(Array.from({ length: 150 }, (_, n) => n + 1));
    await log.close();
  });

  test('one that is only told of an append by looking gets it too', async () => {
    const log = openEmbeddedLog({ file });
    const tail = tailed(log, 0, 1);
    await startChild('appends.mjs', file, 'once', 'ana').ended();
    expect(eventsOf(await tail).map((event) => event.data)).toEqual([{ by: 'ana', n: 0 }]);
    await log.close();
  });

  test('an open log keeps no process alive', async () => {
    const child = startChild('appends.mjs', file, 'once', 'ana');
    await child.ended();
    expect(acknowledged(child)).toHaveLength(1);
  });
});

describe('two threads', () => {
  test('see in a tail what the other appends', async () => {
    const log = openEmbeddedLog({ file });
    const tail = tailed(log, 0, 120);
    const worker = new Worker(join(import.meta.dirname, '..', 'support', 'processes', 'appends.mjs'), {
      argv: [file, 'contend', 'ana', '40'],
      stdout: true,
    });
    const [code] = (await once(worker, 'exit')) as [number];
    expect(code).toBe(0);
    const events = eventsOf(await tail);
    expect(events).toHaveLength(120);
    expectNoGaps(events);
    await log.close();
  });
});
