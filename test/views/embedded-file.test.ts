/** What happens to the file of read models in bad times: killed writers, other processes, damage, a full disk. */
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import { ViewsUnavailable } from '../../src/views/port/query-errors.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { change, commitOf, deals, is, live, tallies } from '../conformance/views/deals.js';
import { keepDeals, leaseOf, recordOf } from '../conformance/views/store.js';
import { killChildren, startChild } from '../support/processes/child.js';
import { type Folder, temporaryFolder } from '../support/folder.js';
import { gathered } from '../support/log/gathered.js';

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

async function writing(options: { readonly maxPages?: number; readonly lockTimeoutMs?: number } = {}): Promise<ViewWriter> {
  const writer = await openEmbeddedViewWriter({ file: folder.views, ...options });
  opened.push(writer);
  return writer;
}

async function reading(): Promise<ViewReader> {
  const reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
  opened.push(reader);
  return reader;
}

/** A live build with so many deals, and indexes. */
async function fill(documents: number): Promise<void> {
  const writer = await openEmbeddedViewWriter({ file: folder.views });
  await writer.begin(deals);
  const lease = await leaseOf(writer, 'filler');
  const all = Array.from({ length: documents }, (_, index) => [`k${index}`, { name: `Deal ${index}`, score: index }] as const);
  await keepDeals(writer, lease, Object.fromEntries(all));
  await writer.finalize(live, lease);
  await writer.leases.release([lease]);
  await writer.close();
}

/** Does something to the file with SQL of its own. */
function by(work: (database: DatabaseSyncInstance) => void): void {
  const database = new DatabaseSync(folder.views);
  try {
    work(database);
  } finally {
    database.close();
  }
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
      const { position: checkpoint } = await recordOf(writer, live);
      expect(checkpoint).toBeGreaterThanOrEqual(child.lines.length * 1_000);
      expect(await reader.count(live, { where: is('score', 'gt', checkpoint - keys) })).toBe(keys);
      expect(await reader.count(live, { where: is('score', 'gt', checkpoint) })).toBe(0);
      const half = Math.floor(checkpoint / 2);
      expect(await reader.count(live, { where: is('score', 'gt', half - keys), asOf: half })).toBe(keys);
      await Promise.all([writer.close(), reader.close()]);
    }
  });

  test("another process's commits are seen, heard of, and waited for", async () => {
    await fill(0);
    const reader = await reading();
    const waiting = reader.waitFor(live, 2_000, 30_000);
    const heard = new Promise<void>((resolve) => {
      reader.onChange(resolve);
    });
    const child = startChild('commit-views.mjs', folder.views, JSON.stringify(deals), '10');
    await waiting;
    await heard;
    await child.kill();
    expect(await reader.position(live)).toBeGreaterThanOrEqual(2_000);
  });

  test('a program with open readers and writers ends by itself', async () => {
    await fill(5);
    const child = startChild('read-views.mjs', folder.views, JSON.stringify(deals));
    await child.ended();
    const [count, page] = JSON.parse(child.lines[0]!) as [number, { readonly json: string }];
    expect(count).toBe(5);
    expect(JSON.parse(page.json)).toMatchObject([{ key: 'k4' }, { key: 'k3' }, { key: 'k2' }]);
  });

  test('a file of an earlier form is begun anew by who writes, and not there yet for who reads', async () => {
    by((database) => {
      database.exec(`CREATE TABLE read_models (name TEXT NOT NULL PRIMARY KEY); CREATE TABLE "deals@1" (key TEXT);
        CREATE INDEX "deals@1 by key" ON "deals@1" (key); INSERT INTO "deals@1" VALUES ('a');
        PRAGMA journal_mode=WAL; PRAGMA application_id=1684174455; PRAGMA user_version=1`);
    });
    const reader = await reading();
    expect(await reader.builds()).toEqual([]);
    await fill(2);
    expect(await reader.count(live, {})).toBe(2);
    by((database) => {
      expect(
        database.prepare(`SELECT count(*) AS old FROM sqlite_schema WHERE name IN ('read_models', 'deals@1', 'deals@1 by key')`).get(),
      ).toEqual({
        old: 0,
      });
    });
    by((database) => database.exec('PRAGMA user_version=99'));
    await expect(writing()).rejects.toThrow(/newer version of Daybook/);
  });

  test('while another process writes, a writer waits without keeping its thread; in the end it says who is in the way', async () => {
    await fill(1);
    const writer = await writing();
    const impatient = await writing({ lockTimeoutMs: 50 });
    const other = new DatabaseSync(folder.views);
    other.exec('BEGIN IMMEDIATE');
    const taken = writer.leases.acquire(['deals'], 'patient', 10_000);
    await expect(impatient.leases.acquire(['deals'], 'impatient', 10_000)).rejects.toThrow(/is locked by another process/);
    expect(await writer.leases.held()).toEqual([]);
    other.exec('ROLLBACK');
    other.close();
    expect(await taken).toMatchObject([{ holder: 'patient' }]);
  });

  test('what a process that was killed while it dropped a build has left is gone when the file is opened again', async () => {
    await fill(1);
    const tables = `SELECT count(*) AS count FROM sqlite_schema WHERE name LIKE 'deals@7%'`;
    by((database) => {
      database.exec('CREATE TABLE "deals@7#9" (key TEXT); CREATE TABLE "deals@7#9 past documents" (id INTEGER PRIMARY KEY)');
      expect(database.prepare(tables).get()).toEqual({ count: 2 });
    });
    await writing();
    by((database) => expect(database.prepare(tables).get()).toEqual({ count: 0 }));
    expect(await (await reading()).count(live, {})).toBe(1);
  });

  test('a build that grows large gets its indexes before it is complete, so that nobody waits long for them in the end', async () => {
    const writer = await writing();
    const build = await writer.begin(tallies);
    const lease = await leaseOf(writer, 'tester');
    const indexes = () => {
      let count: unknown;
      by((database) => {
        count = Object.values(database.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = 'tallies@1#1 by name'`).get() as object)[0];
      });
      return count;
    };
    const commit = async (from: number, to: number) => {
      const changes = Array.from({ length: to - from }, (_, index) => {
        const position = from + index + 1;
        return { key: `k${position}`, position, document: { name: `Tally ${position}`, total: 1 } };
      });
      await writer.commit([{ ...commitOf(lease, from, to, ...changes), build }]);
    };
    await commit(0, 100);
    expect(indexes()).toBe(0);
    await commit(100, 50_100);
    expect(indexes()).toBe(1);
    expect(await recordOf(writer, build)).toMatchObject({ state: 'live', finishedAt: null, position: 50_100 });
  });

  test('a scan names what was changed by hand and does not follow from the document', async () => {
    await fill(4);
    const writer = await writing();
    const lease = await leaseOf(writer, 'tester');
    await keepDeals(writer, lease, { k1: { name: 'Renamed', score: 5 } });
    by((database) => {
      database.exec(`
        UPDATE "deals@1#1" SET "c stage" = 'won', "f name" = 'x' WHERE key = 'k0';
        UPDATE "deals@1#1 past" SET "c score" = 99 WHERE key = 'k1';
        DELETE FROM "deals@1#1 words" WHERE word = '2';
        UPDATE "deals@1#1" SET document = '{"id"' WHERE key = 'k3'`);
    });
    const reader = await reading();
    const found = await gathered(reader.scan(live));
    expect(found.map(({ key, damage }) => [key, damage])).toEqual([
      ['k0', 'the current version: name (folded), stage'],
      ['k1', 'the version of 2: score'],
      ['k2', 'the current version: index of words'],
      ['k3', 'the current version: document'],
    ]);
  });

  test('a full disk refuses the commit as a whole; with space again it goes on', async () => {
    await fill(1);
    const cramped = await writing({ maxPages: 60 });
    const lease = await leaseOf(cramped, 'tester');
    const changes = Array.from({ length: 2_000 }, (_, index) => change(`n${index}`, index + 2, { name: `Name ${index}` }));
    await expect(cramped.commit([commitOf(lease, 1, 2_001, ...changes)])).rejects.toThrow(ViewsUnavailable);
    await expect(cramped.commit([commitOf(lease, 1, 2_001, ...changes)])).rejects.toThrow(/is full.*free some space/);
    const reader = await reading();
    expect([await reader.position(live), await reader.count(live, {})]).toEqual([1, 1]);
    await cramped.close();
    await (await writing()).commit([commitOf(lease, 1, 2_001, ...changes)]);
    expect([await reader.position(live), await reader.count(live, {})]).toEqual([2_001, 2_001]);
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
    await expect(reading()).rejects.toThrow(/damaged.*delete the file.*rebuilt from the event log/);
    await expect(writing()).rejects.toThrow(ViewsUnavailable);
  });

  test('damage found while reading is told in the same words', async () => {
    await fill(2_000);
    const bytes = readFileSync(folder.views);
    by((database) => {
      const pages = database.prepare(`SELECT pageno FROM dbstat WHERE name LIKE 'deals@1#1%'`).all() as { readonly pageno: number }[];
      for (const { pageno } of pages) bytes.fill(0x5a, (pageno - 1) * 4_096, pageno * 4_096);
    });
    writeFileSync(folder.views, bytes);
    const reader = await reading();
    const reads = [
      () => reader.list(live, { orderBy: [{ column: 'name', descending: false }], first: 50 }),
      () => reader.count(live, { where: is('name', 'contains', 'deal') }),
      () => reader.get(live, ['k1']),
    ];
    for (const read of reads) await expect(read()).rejects.toThrow(/damaged.*delete the file/);
  });

  test('after closing, every call is refused', async () => {
    await fill(1);
    const reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    const waiting = reader.waitFor(live, 100, 60_000);
    const refused = expect(waiting).rejects.toThrow(ViewsUnavailable);
    await reader.close();
    await refused;
    await expect(reader.get(live, ['k0'])).rejects.toThrow(ViewsUnavailable);
    await expect(reader.position(live)).rejects.toThrow(ViewsUnavailable);
  });
});
