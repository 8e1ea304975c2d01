/** What happens to the file of read models in bad times: killed writers, other processes, damage, a full disk. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import { type ViewReader, ViewsUnavailable, type ViewWriter } from '../../src/views/port.js';
import { change, commitOf, deals, is, keep } from '../conformance/views/deals.js';
import { killChildren, startChild } from '../support/child.js';
import { type Folder, temporaryFolder } from '../support/folder.js';

let folder: Folder;
let opened: (ViewReader | ViewWriter)[];
beforeEach(() => {
  folder = temporaryFolder();
  opened = [];
});
afterEach(async () => {
  await killChildren();
  await Promise.all(opened.map((side) => side.close()));
  folder.remove();
});

async function writing(options: { readonly maxPages?: number; readonly onLayoutChanged?: () => void } = {}): Promise<ViewWriter> {
  const writer = await openEmbeddedViewWriter({ file: folder.views, ...options });
  opened.push(writer);
  return writer;
}

async function reading(): Promise<ViewReader> {
  const reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
  opened.push(reader);
  return reader;
}

async function fill(documents: number): Promise<void> {
  const writer = await openEmbeddedViewWriter({ file: folder.views });
  await writer.prepare([deals]);
  await keep(
    writer,
    Object.fromEntries(Array.from({ length: documents }, (_, index) => [`k${index}`, { name: `Deal ${index}`, score: index }])),
  );
  await writer.close();
}

describe('the file of read models', () => {
  test('a writer that is killed leaves documents and checkpoint that agree, each time', async () => {
    const keys = 50;
    for (const delay of [0, 3, 7, 11, 17]) {
      const child = startChild('commit-views.mjs', folder.views, JSON.stringify(deals), String(keys));
      await child.printed(3);
      await setTimeout(delay);
      await child.kill();
      const writer = await writing();
      const reader = await reading();
      const checkpoint = await writer.checkpoint(deals);
      expect(checkpoint).toBeGreaterThanOrEqual(child.lines.length * 1_000);
      expect(await reader.count(deals, { where: is('score', 'gt', checkpoint - keys) })).toBe(keys);
      expect(await reader.count(deals, { where: is('score', 'gt', checkpoint) })).toBe(0);
      const half = Math.floor(checkpoint / 2);
      expect(await reader.count(deals, { where: is('score', 'gt', half - keys), asOf: half })).toBe(keys);
      await Promise.all([writer.close(), reader.close()]);
    }
  });

  test("another process's commits are seen, and waited for", async () => {
    const reader = await reading();
    const waiting = reader.reached(deals, 2_000, 30_000);
    const child = startChild('commit-views.mjs', folder.views, JSON.stringify(deals), '10');
    await waiting;
    await child.kill();
    expect(await reader.position(deals)).toBeGreaterThanOrEqual(2_000);
  });

  test('a program with open readers and writers ends by itself', async () => {
    await fill(5);
    const child = startChild('read-views.mjs', folder.views, JSON.stringify(deals));
    await child.ended();
    const [count, page] = JSON.parse(child.lines[0]!) as [number, { readonly json: string }];
    expect(count).toBe(5);
    expect(JSON.parse(page.json)).toMatchObject([{ key: 'k4' }, { key: 'k3' }, { key: 'k2' }]);
  });

  test('changed columns are told', async () => {
    await fill(1);
    const told: unknown[] = [];
    const writer = await writing({ onLayoutChanged: () => told.push('changed') });
    await writer.prepare([deals, { ...deals, version: 2 }]);
    expect(told).toEqual([]);
    await writer.prepare([{ ...deals, history: false }]);
    expect(told).toEqual(['changed']);
  });

  test('a version that this program does not know stays as it is', async () => {
    await fill(3);
    const writer = await writing();
    await writer.prepare([{ ...deals, version: 2 }]);
    await writer.reset({ ...deals, version: 2 });
    expect(await writer.checkpoint(deals)).toBe(3);
    expect((await writer.load(deals, ['k1'])).size).toBe(1);
  });

  test('a full disk refuses the commit as a whole; with space again it goes on', async () => {
    await fill(1);
    const cramped = await writing({ maxPages: 60 });
    const changes = Array.from({ length: 2_000 }, (_, index) => change(`n${index}`, index + 2, { name: `Name ${index}` }));
    await expect(cramped.commit([commitOf(1, 2_001, ...changes)])).rejects.toThrow(ViewsUnavailable);
    await expect(cramped.commit([commitOf(1, 2_001, ...changes)])).rejects.toThrow(/is full.*free some space/);
    const reader = await reading();
    expect([await reader.position(deals), await reader.count(deals, {})]).toEqual([1, 1]);
    await cramped.close();
    await (await writing()).commit([commitOf(1, 2_001, ...changes)]);
    expect([await reader.position(deals), await reader.count(deals, {})]).toEqual([2_001, 2_001]);
  });

  test('what is not a file of read models is refused, left as it is, and the message says what to do', async () => {
    const places: readonly (readonly [prepare: () => void, message: RegExp])[] = [
      [() => writeFileSync(folder.views, 'id,name\n1,Ana\n'.repeat(100)), /is not Daybook's.*move it away/],
      [() => mkdirSync(folder.views), /is not Daybook's/],
    ];
    for (const [prepare, message] of places) {
      prepare();
      await expect(writing()).rejects.toThrow(message);
      await expect(reading()).rejects.toThrow(ViewsUnavailable);
      rmSync(folder.views, { recursive: true });
    }
  });

  test('a damaged file is refused, and the message says that it may be deleted', async () => {
    await fill(2_000);
    truncateSync(folder.views, 1_000);
    await expect(reading()).rejects.toThrow(/damaged.*delete the file.*built again from the event log/);
    await expect(writing()).rejects.toThrow(ViewsUnavailable);
  });

  test('damage found while reading is told in the same words', async () => {
    await fill(2_000);
    const bytes = readFileSync(folder.views);
    bytes.fill(0x5a, 3 * 4_096);
    writeFileSync(folder.views, bytes);
    const reader = await reading();
    const reads = [
      () => reader.list(deals, { orderBy: [{ column: 'name', descending: false }], first: 50 }),
      () => reader.count(deals, { where: is('name', 'contains', 'deal') }),
      () => reader.get(deals, ['k1']),
    ];
    for (const read of reads) await expect(read()).rejects.toThrow(/damaged.*delete the file/);
  });

  test('after closing, every call is refused', async () => {
    await fill(1);
    const reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    const waiting = reader.reached(deals, 100, 60_000);
    const refused = expect(waiting).rejects.toThrow(ViewsUnavailable);
    await reader.close();
    await refused;
    await expect(reader.get(deals, ['k0'])).rejects.toThrow(ViewsUnavailable);
    await expect(reader.position(deals)).rejects.toThrow(ViewsUnavailable);
  });
});
