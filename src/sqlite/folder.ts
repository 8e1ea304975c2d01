/** Creates folders. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder and its missing parents, one by one: on file systems that refuse folders with ENOENT, such as /proc, Node's own
 * `recursive` option loops forever.
 * @param mode the permissions of the folder itself, if it is created; the system's default unless given
 * @throws the system's error when one can't be created
 */
export function makeFolder(folder: string, mode?: number): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have created it in between.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
