/** The file of the master key. It is its owner's alone, and never stands there in part. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../sqlite/folder.js';
import { MASTER_KEY_BYTES, MASTER_KEY_FORM, parseMasterKey, type MasterKey } from './master-key.js';
import { KeysUnavailable } from './port.js';

/** Access that others may not have: any to everybody, writing to the group. A group may read, since mounted secrets are read that way. */
const TOO_OPEN = 0o027;

/** The end of the names of files that are being made. */
const TEMPORARY = '.tmp';

/** The file of the next master key during a rotation. */
export function nextFile(file: string): string {
  return `${file}.next`;
}

/** The file of the previous one, until it is destroyed. */
function previousFile(file: string): string {
  return `${file}.previous`;
}

/**
 * Reads a file with a master key.
 * @returns undefined when there is no file
 * @throws KeysUnavailable when it can't be read, others have access to it, or it holds no master key
 */
export function readMasterKeyFile(file: string): MasterKey | undefined {
  let text: string;
  try {
    const descriptor = openSync(file, 'r');
    try {
      text = readFileSync(descriptor, 'utf8');
    } finally {
      closeSync(descriptor);
    }
    refuseOpenAccess(file);
  } catch (error) {
    if (error instanceof KeysUnavailable) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(file, 'read', error);
  }
  const master = parseMasterKey(text);
  if (master) return master;
  throw new KeysUnavailable(`${file} holds no master key: expected ${MASTER_KEY_FORM}. Restore the file from your backup of it.`);
}

/**
 * Makes a file with a new master key, for its owner alone. Of several processes that do so at once, one makes it.
 * @returns the key that the file holds afterwards
 * @throws KeysUnavailable
 */
export function makeMasterKeyFile(file: string): MasterKey {
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}${TEMPORARY}`;
  try {
    makeFolder(dirname(file), 0o700);
    try {
      writeDurably(temporary, `${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`);
      // Fails when the file is there. It never stands there in part.
      linkSync(temporary, file);
    } finally {
      rmSync(temporary, { force: true });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(file, 'made', error);
  }
  syncFolder(dirname(file));
  const master = readMasterKeyFile(file);
  if (!master) throw new KeysUnavailable(`The file of the master key ${file} was removed while it was made. Start again.`);
  return master;
}

/** Whether a rotation ended before the previous master key was destroyed. */
export function hasPrevious(file: string): boolean {
  return existsSync(previousFile(file));
}

/**
 * Puts the next master key in the place of the current one, and destroys that one: its bytes are overwritten, as far as the disk overwrites in
 * place. What is done already is left out.
 * @throws KeysUnavailable
 */
export function replaceMasterKeyFile(file: string): void {
  const [next, previous] = [nextFile(file), previousFile(file)];
  try {
    if (existsSync(next)) {
      rmSync(previous, { force: true });
      linkSync(file, previous);
      renameSync(next, file);
      syncFolder(dirname(file));
    }
    if (existsSync(previous)) overwrite(previous);
    // What processes left that were killed while they made one of the files.
    const folder = readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}.`));
    for (const name of folder.filter((each) => each.endsWith(TEMPORARY))) rmSync(join(dirname(file), name), { force: true });
    rmSync(previous, { force: true });
    syncFolder(dirname(file));
  } catch (error) {
    throw unusable(file, 'replaced', error);
  }
}

/** Makes what was linked, renamed or removed in a folder durable. */
function syncFolder(folder: string): void {
  // Windows can't open folders.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** @param what could not be done: read, made, replaced */
function unusable(file: string, what: string, error: unknown): KeysUnavailable {
  const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
  return new KeysUnavailable(
    `The file of the master key ${file} can't be ${what}: ${code}. Check that its disk is mounted, the path, its permissions and the space on the disk.`,
    { cause: error },
  );
}

function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function overwrite(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    writeSync(descriptor, Buffer.alloc(fstatSync(descriptor).size));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Not corrected: who could read it may have done so, which somebody must know. */
function refuseOpenAccess(file: string): void {
  if (process.platform === 'win32' || (statSync(file).mode & TOO_OPEN) === 0) return;
  throw new KeysUnavailable(
    `Others can read or change the master key ${file}. Run \`chmod 600 ${file}\`; if others may have read it, also run \`daybook keys rotate\`.`,
  );
}
