/** What is built aside is in a folder that goes with its process. */
import { expect, it } from '@jest/globals';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeLeftScratch, scratchFolder } from '../../src/projector/scratch-folder.js';
import { startChild } from '../support/processes/child.js';
import { folderPerTest } from '../support/folder.js';

const folder = folderPerTest();

it('is removed when it is done, or by the next process when its own was killed, and not before', async () => {
  const child = startChild('hold-scratch.mjs', folder.path);
  await child.printed(1);
  const [path = ''] = child.lines;
  const own = await scratchFolder(folder.path);
  writeFileSync(join(own.path, 'aside.db'), 'personal');
  await removeLeftScratch(folder.path);
  expect([existsSync(join(path, 'aside.db')), existsSync(own.path)]).toEqual([true, true]);
  await child.kill();
  await removeLeftScratch(folder.path);
  expect([existsSync(path), existsSync(own.path)]).toEqual([false, true]);
  await own.remove();
  expect(readdirSync(folder.path)).toEqual([]);
});
