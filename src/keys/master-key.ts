/** The master key, which wraps all other keys: its form, its fingerprint, and its file. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../sqlite/folder.js';
import { KeysUnavailable } from './port.js';

export interface MasterKey {
  /** 16 hexadecimal digits that tell master keys apart and reveal nothing of them. */
  readonly fingerprint: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

export const MASTER_KEY_BYTES = 32;

const FORM = `${MASTER_KEY_BYTES} bytes as base64 text, as \`head -c 32 /dev/urandom | base64\` prints them`;

/** Access that others may not have: any to everybody, writing to the group. A group may read, since mounted secrets are read that way. */
const TOO_OPEN = 0o027;

/** Reads the text of a master key; blanks and line ends around it are ignored. @returns undefined when it is none */
export function parseMasterKey(text: string): MasterKey | undefined {
  const digits = text.trim();
  const key = Buffer.from(digits, 'base64');
  return key.length === MASTER_KEY_BYTES && key.toString('base64') === digits ? masterKeyOf(key) : undefined;
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
  if (!master) throw new KeysUnavailable(`${file} holds no master key: expected ${FORM}. Restore the file from your backup of it.`);
  return master;
}

/**
 * Makes a file with a new master key, for its owner alone. Of several processes that do so at once, one makes it.
 * @returns the key that the file holds afterwards
 * @throws KeysUnavailable
 */
export function makeMasterKeyFile(file: string): MasterKey {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
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

/** Makes what was linked, renamed or removed in a folder durable. */
export function syncFolder(folder: string): void {
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
export function unusable(file: string, what: string, error: unknown): KeysUnavailable {
  const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
  return new KeysUnavailable(
    `The file of the master key ${file} can't be ${what}: ${code}. Check that its disk is mounted, the path, its permissions and the space on the disk.`,
    { cause: error },
  );
}

function masterKeyOf(key: Buffer): MasterKey {
  const fingerprint = createHash('sha256').update('daybook master key\n').update(key).digest('hex').slice(0, 16);
  return { fingerprint, key };
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

/** Not corrected: who could read it may have done so, which somebody must know. */
function refuseOpenAccess(file: string): void {
  if (process.platform === 'win32' || (statSync(file).mode & TOO_OPEN) === 0) return;
  throw new KeysUnavailable(
    `Others can read or change the master key ${file}. Run \`chmod 600 ${file}\`; if others may have read it, also run \`daybook keys rotate\`.`,
  );
}
