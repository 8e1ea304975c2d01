/** What is left in the file of read models, and in its write-ahead log, after documents were rewritten. */
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import type { Lease } from '../../src/leases/port.js';
import type { Commit, DocumentChange, Rewrite } from '../../src/views/port/commits.js';
import type { ViewWriter } from '../../src/views/port/store.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import { change, commitOf, deals, keys, live } from '../conformance/views/deals.js';
import { leaseOf } from '../conformance/views/store.js';
import { type Folder, temporaryFolder } from '../support/folder.js';
import { until } from '../support/until.js';

/** Words that stand in nothing else begin like this. */
const WORD = 'xanthippe';

let folder: Folder;
let opened: { close(): unknown }[];
beforeEach(() => {
  folder = temporaryFolder();
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((side) => side.close()));
  folder.remove();
});

/** In another process: closing a file drops the locks that this process has on it. */
function words(): ReadonlySet<string> {
  const bytes = execFileSync('cat', [folder.views, `${folder.views}-wal`], { maxBuffer: 256 * 1024 * 1024 });
  return new Set(bytes.toString('latin1').match(/xanthippe\w*/g));
}

const noWords = (): Promise<ReadonlySet<string>> =>
  until(
    async () => words(),
    ({ size }) => size === 0,
  );

async function writing(): Promise<ViewWriter> {
  const writer = await openEmbeddedViewWriter({ file: folder.views });
  opened.push(writer);
  return writer;
}

/** A connection of another program. */
function connection(): DatabaseSyncInstance {
  const database = new DatabaseSync(folder.views, { readOnly: true });
  opened.push(database);
  return database;
}

async function begun(): Promise<{ readonly writer: ViewWriter; readonly lease: Lease }> {
  const writer = await writing();
  await writer.begin(deals);
  const lease = await leaseOf(writer, 'one');
  await writer.finalize(live, lease);
  await writer.commit([commitOf(lease, 0, 2, change('a', 1, { name: WORD }), change('a', 2, { name: `${WORD} too` }))]);
  await writer.raiseErasures(live, 1, lease);
  return { writer, lease };
}

function rewritten(key: string): Rewrite {
  return { key, versions: [change(key, 1, { name: 'none' })], deadLetters: [] };
}

function rewriting(lease: Lease, from: number): Commit {
  return { ...commitOf(lease, from, from + 1), erasures: 1, rewrites: [rewritten('a')] };
}

test('a reader that began before keeps what was replaced until it ends, and no longer', async () => {
  const { writer, lease } = await begun();
  const reader = connection();
  reader.exec('BEGIN');
  const documents = () => JSON.stringify(reader.prepare('SELECT document FROM "deals@1#1"').all());
  expect(documents()).toContain(WORD);
  await writer.commit([rewriting(lease, 2)]);
  expect(words().size).toBeGreaterThan(0);
  expect(documents()).toContain(WORD);
  await writer.commit([{ ...commitOf(lease, 3, 4, change('b', 4, {})), erasures: 1 }]);
  reader.exec('COMMIT');
  await noWords();
  expect(documents()).not.toContain(WORD);
});

test('what a process did not come to remove is removed by the next one that writes', async () => {
  const { writer, lease } = await begun();
  const reader = connection();
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM "deals@1#1"').get();
  await writer.commit([rewriting(lease, 2)]);
  await writer.close();
  reader.exec('COMMIT');
  expect(words().size).toBeGreaterThan(0);
  await writing();
  await noWords();
});

test('no erased word is left, wherever SQLite moved the rows that it stood in while others were written', async () => {
  const { writer, lease } = await begun();
  const reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
  opened.push(reader);
  const random = randomNumbers(7);
  const known: string[] = [];
  let position = 2;
  for (let batch = 0; batch < 80; batch += 1) {
    const changes: DocumentChange[] = [];
    for (let each = 0; each < 100; each += 1) {
      position += 1;
      const isNew = known.length < 10 || random() < 0.5;
      const number = isNew ? known.length : Math.floor(random() * known.length);
      const key = `${Math.abs(Math.imul(number + 1, 0x9e3779b1))}`;
      if (isNew) known.push(key);
      const text = 'y'.repeat(random() * (random() < 0.05 ? 9_000 : 500));
      changes.push(change(key, position, { name: `${WORD}${key}x ${text}` }));
    }
    await writer.commit([{ ...commitOf(lease, position - 100, position, ...changes), erasures: 1 }]);
  }
  await writer.raiseErasures(live, 2, lease);
  const erased = ['a', ...known.filter((_, index) => index % 20 === 0)];
  for (let at = 0; at < erased.length; at += 10) {
    await writer.commit([{ ...commitOf(lease, position, position), erasures: 2, rewrites: erased.slice(at, at + 10).map(rewritten) }]);
  }
  const gone = erased.map((key) => `${WORD}${key}x`);
  await until(
    async () => words(),
    (left) => gone.every((word) => !left.has(word)),
  );
  expect(await keys(reader, { search: 'none', first: 5_000 })).toHaveLength(erased.length);
  expect(words().size).toBeGreaterThan(known.length / 2);
});

/** Numbers from 0 to 1, the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
