import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openDatabase, type DatabaseKind, type OpenOptions } from '../../src/sqlite/database.js';
import { DatabaseUnavailable } from '../../src/sqlite/unavailable.js';
import { killChildren, startChild } from '../support/processes/child.js';

const notes: DatabaseKind = {
  what: 'note book',
  applicationId: 0x6e6f7465,
  schemaVersion: 2,
  schema: 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)',
  remedy: 'Write it again.',
};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-sqlite-'));
  file = join(folder, 'deep', 'notes.db');
});
afterEach(async () => {
  await killChildren();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: Partial<OpenOptions> = {}, kind = notes) {
  return openDatabase(kind, { file, ...options });
}

/** The error that opening or working gives; it must name the file. */
function refusal(work: () => unknown): DatabaseUnavailable {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    return error as DatabaseUnavailable;
  }
  throw new Error('It was not refused.');
}

function add(db: ReturnType<typeof open>, text: string): void {
  db.transaction(() => db.prepare('INSERT INTO notes (text) VALUES (?)').run(text));
}

function texts(db: ReturnType<typeof open>): readonly string[] {
  return db.attempt(() =>
    db
      .prepare<{ text: string }>('SELECT text FROM notes ORDER BY id')
      .all()
      .map((row) => row.text),
  );
}

describe('a database file', () => {
  test('is created with its folder and found again', () => {
    const first = open();
    add(first, 'kept');
    first.close();
    const second = open();
    expect(texts(second)).toEqual(['kept']);
    second.close();
  });

  test('is not created by a reader', () => {
    expect(refusal(() => open({ readOnly: true })).reason).toBe('unreachable');
  });

  test('is never taken for another one while a process makes it', async () => {
    const COUNT = 200;
    const child = startChild('make-databases.mjs', folder, JSON.stringify(notes), String(COUNT));
    for (let number = 0; number < COUNT; number += 1) {
      const made = join(folder, `${number}.db`);
      for (;;) {
        try {
          open({ file: made, readOnly: true }).close();
          break;
        } catch (error) {
          expect(error).toMatchObject({ reason: 'unreachable' });
        }
        await nextTurn();
      }
    }
    await child.ended();
  });

  test('refuses a reader that writes', () => {
    open().close();
    const reader = open({ readOnly: true });
    expect(refusal(() => add(reader, 'no')).reason).toBe('read-only');
    expect(texts(reader)).toEqual([]);
    reader.close();
  });

  test('that a newer program wrote is left alone', () => {
    open({}, { ...notes, schemaVersion: 3 }).close();
    const error = refusal(() => open());
    expect(error.reason).toBe('newer');
    expect(error.message).toContain('start that version or a later one');
  });

  const foreign: readonly [string, () => void][] = [
    ['a short text', () => writeFileSync(file, 'hello')],
    ['a long text', () => writeFileSync(file, 'not a database. '.repeat(1000))],
    ['a folder', () => mkdirSync(file)],
    [
      'a database of something else',
      () => {
        const other = new DatabaseSync(file);
        other.exec('CREATE TABLE cats (name TEXT)');
        other.close();
      },
    ],
    ['another kind of ours', () => open({}, { ...notes, applicationId: 7 }).close()],
  ];
  test.each(foreign)('that is %s is refused and not changed', (_, make) => {
    mkdirSync(join(folder, 'deep'));
    make();
    const before = contents();
    const error = refusal(() => open());
    expect(error.reason).toBe('foreign');
    expect(error.message).toContain(file);
    expect(contents()).toEqual(before);
  });

  function contents(): Buffer | string {
    try {
      return readFileSync(file);
    } catch {
      return 'a folder';
    }
  }

  const cuts: readonly [string, (size: number) => number][] = [
    ['within its first page', () => 3000],
    ['in the middle', (size) => size / 2 + 100],
    ['by its last page', (size) => size - 4096],
  ];
  test.each(cuts)('that was cut off %s is refused with what to do', (_, cut) => {
    const db = open();
    for (let i = 0; i < 50; i++) add(db, 'x'.repeat(500));
    db.close();
    const whole = readFileSync(file);
    expect(whole.length).toBeGreaterThan(20_000);
    file = join(folder, 'cut.db');
    writeFileSync(file, whole.subarray(0, cut(whole.length)));
    const error = refusal(() => open());
    expect(error.reason).toBe('damaged');
    expect(error.message).toContain('Write it again.');
  });

  test('in a place that is no folder is refused', () => {
    file = join('/dev/null', 'x', 'notes.db');
    expect(refusal(() => open()).reason).toBe('unreachable');
  });

  test('on a full disk writes nothing of a transaction and goes on when there is space again', () => {
    const tight = open({ maxPages: 10 });
    add(tight, 'before');
    const error = refusal(() =>
      tight.transaction(() => {
        for (let i = 0; i < 100; i++) tight.prepare('INSERT INTO notes (text) VALUES (?)').run('x'.repeat(1000));
      }),
    );
    expect(error.reason).toBe('full');
    expect(texts(tight)).toEqual(['before']);
    add(tight, 'after');
    expect(texts(tight)).toEqual(['before', 'after']);
    tight.close();
  });

  test('that another connection keeps locked is told as busy', () => {
    const holder = open();
    const waiting = open({ busyTimeoutMs: 20 });
    holder.transaction(() => {
      expect(refusal(() => add(waiting, 'no')).reason).toBe('busy');
    });
    add(waiting, 'yes');
    expect(texts(holder)).toEqual(['yes']);
    holder.close();
    waiting.close();
  });
});

describe('a transaction', () => {
  test('that throws leaves nothing and passes the error on', () => {
    const db = open();
    expect(() =>
      db.transaction(() => {
        db.prepare('INSERT INTO notes (text) VALUES (?)').run('half');
        throw new RangeError('changed my mind');
      }),
    ).toThrow(RangeError);
    expect(texts(db)).toEqual([]);
    db.close();
  });

  test('that reads sees one moment', () => {
    const db = open();
    const other = open();
    db.snapshot(() => {
      expect(texts(db)).toEqual([]);
      add(other, 'meanwhile');
      expect(texts(db)).toEqual([]);
    });
    expect(texts(db)).toEqual(['meanwhile']);
    db.close();
    other.close();
  });
});
