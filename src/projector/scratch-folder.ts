/**
 * Temporary folders of builds that are made aside. They hold personal data in the clear, which no erasure reaches, so what a process that was killed
 * left is removed by the next one.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdLock } from '../sqlite/lock.js';

const PREFIX = 'daybook-verify-';
/** Held while the folder is used. A folder without it holds nothing yet. */
const LOCK = 'in-use';

export interface ScratchFolder {
  readonly path: string;
  /** Removes it with everything in it. */
  remove(): Promise<void>;
}

/** @param within the folder that it is made in */
export async function scratchFolder(within = tmpdir()): Promise<ScratchFolder> {
  await removeLeftScratch(within);
  const path = await mkdtemp(join(within, PREFIX));
  const lock = holdLock(join(path, LOCK), { shared: false });
  return {
    path,
    remove: async () => {
      lock.release();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Removes the folders of processes that are gone. What can't be removed, such as another user's, is left. */
export async function removeLeftScratch(within = tmpdir()): Promise<void> {
  const names = await readdir(within).catch(() => []);
  for (const path of names.filter((name) => name.startsWith(PREFIX)).map((name) => join(within, name))) {
    if (!existsSync(join(path, LOCK))) continue;
    try {
      holdLock(join(path, LOCK), { shared: false }).release();
      await rm(path, { recursive: true, force: true });
    } catch {
      // It is in use.
    }
  }
}
