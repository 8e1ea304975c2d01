import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { raw } from '../../src/views/embedded/sql.js';
import { ReaderThreads } from '../../src/views/embedded/reader-threads.js';
import { ViewsUnavailable } from '../../src/views/port/query-errors.js';
import { type Folder, temporaryFolder } from '../support/folder.js';

const dying = pathToFileURL(join(import.meta.dirname, '../support/processes/dying-thread.mjs'));
const question = { kind: 'number', query: raw('SELECT 1') } as const;

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('reader threads', () => {
  test('a thread that dies is replaced, and what it was asked is asked once more', async () => {
    const threads = new ReaderThreads(join(folder.path, 'died'), 1, dying);
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => threads.ask<'number'>(question)));
    expect(answers).toEqual([42, 42, 42, 42, 42]);
    await threads.close();
  });

  test('a question that kills its thread twice is given up, and later ones are still put', async () => {
    const threads = new ReaderThreads('always', 2, dying);
    await expect(threads.ask<'number'>(question)).rejects.toThrow(ViewsUnavailable);
    await expect(threads.ask<'number'>(question)).rejects.toThrow(/always died/);
    await threads.close();
  });

  test('what is asked before closing is answered; what is asked after it is refused', async () => {
    const marker = join(folder.path, 'died');
    const first = new ReaderThreads(marker, 1, dying);
    await first.ask<'number'>(question);
    const answers = [1, 2, 3, 4, 5].map(() => first.ask<'number'>(question));
    await first.close();
    expect(await Promise.all(answers)).toEqual([42, 42, 42, 42, 42]);
    await expect(first.ask<'number'>(question)).rejects.toThrow(ViewsUnavailable);
  });
});
