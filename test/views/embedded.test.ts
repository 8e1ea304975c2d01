import { DatabaseSync } from '@photostructure/sqlite';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { viewsConformance } from '../conformance/views.js';
import type { ByHand, Place } from '../conformance/views/store.js';
import { temporaryFolder } from '../support/folder.js';

const built = pathToFileURL(join(import.meta.dirname, '../../dist/src/views/embedded/reader-thread.js'));

function embedded(threads: number): void {
  viewsConformance(`embedded, ${threads} reader threads`, async () => {
    const folder = temporaryFolder();
    const opened: (ViewReader | ViewWriter)[] = [];
    const opening = <Side extends ViewReader | ViewWriter>(side: Side): Side => {
      opened.push(side);
      return side;
    };
    return {
      writer: async () => opening(await openEmbeddedViewWriter({ file: folder.views })),
      reader: async () => opening(await openEmbeddedViewReader({ file: folder.views, threads, thread: built })),
      byHand: byHand(folder.views),
      holds: async (text) => bytesOf(folder.views).includes(text),
      remove: async () => {
        await Promise.all(opened.map((side) => side.close()));
        folder.remove();
      },
    };
  });
}

/** In another process: closing a file drops the locks that this process has on it. */
function bytesOf(file: string): Buffer {
  return execFileSync('cat', [file, `${file}-wal`], { maxBuffer: 64 * 1024 * 1024 });
}

function byHand(file: string): ByHand {
  const run = async (...statements: readonly string[]): Promise<void> => {
    const database = new DatabaseSync(file);
    try {
      for (const statement of statements) database.exec(statement);
    } finally {
      database.close();
    }
  };
  const table = ({ until }: Place) => (until === null ? '"deals@1#1"' : '"deals@1#1 past"');
  const like = ({ key, since }: Place) => `key = '${key}' AND since = ${since}`;
  const set = ({ key, since, until }: Place) => `key = '${key}', since = ${since}${until === null ? '' : `, until = ${until}`}`;
  return {
    copy: (row, to) =>
      run(
        `CREATE TEMP TABLE copied AS SELECT * FROM ${table(row)} WHERE ${like(row)}`,
        `UPDATE copied SET ${set(to)}${to.key === row.key ? '' : ', id = 9999'}`,
        `INSERT INTO ${table(to)} SELECT * FROM copied`,
      ),
    move: (row, to) => run(`UPDATE ${table(row)} SET ${set(to)} WHERE ${like(row)}`),
    addWord: (key, word) => run(`INSERT INTO "deals@1#1 words" (word, id) SELECT '${word}', id FROM "deals@1#1" WHERE key = '${key}'`),
  };
}

embedded(0);
embedded(2);
