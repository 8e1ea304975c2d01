/** Where the master key comes from: a file, or a setting. While it is rotated, the next one comes from there too. */
import { dirname, join } from 'node:path';
import { holdLock, LockHeld, type Lock } from '../sqlite/lock.js';
import { hasPrevious, makeMasterKeyFile, nextFile, readMasterKeyFile, replaceMasterKeyFile } from './master-key-file.js';
import type { MasterKey } from './master-key.js';
import { KeysUnavailable } from './port.js';

export interface MasterSource {
  /** Where it is, for messages. */
  readonly place: string;
  /** The master key, and the next one during a rotation. Read again each time. Empty when there is none. @throws KeysUnavailable */
  read(): readonly MasterKey[];
  /** The master key, made if there is none and it can be made. @throws KeysUnavailable */
  make(): MasterKey;
  /**
   * Begins a rotation, or continues one that was interrupted.
   * @param fingerprint of the master key that the store names
   * @throws KeysUnavailable when another process rotates, there is no next master key, or none has the fingerprint
   */
  rotate(fingerprint: string): RotationOfMaster;
}

export interface RotationOfMaster {
  /** Undefined when no key is left under it. */
  readonly previous: MasterKey | undefined;
  readonly next: MasterKey;
  /** Destroys the previous master key, if it is in a file. @throws KeysUnavailable */
  complete(): void;
  /** Lets others rotate. */
  end(): void;
}

export function masterKeyInFile(file: string): MasterSource {
  // In this order: the next one takes the place of the other by renaming, so one of the two reads finds it.
  const readBoth = () => ({ next: readMasterKeyFile(nextFile(file)), current: readMasterKeyFile(file) });
  const source: MasterSource = {
    place: file,
    read: () => {
      const { current, next } = readBoth();
      return [current, next].flatMap((master) => master ?? []);
    },
    make: () => readMasterKeyFile(file) ?? makeMasterKeyFile(file),
    rotate: (fingerprint) => {
      masterIn(source, fingerprint);
      const lock = lockRotation(file);
      try {
        const { current, next } = readBoth();
        const ending = { complete: () => replaceMasterKeyFile(file), end: () => lock.release() };
        // It was interrupted when nothing was left but to destroy the previous one.
        if (!next && hasPrevious(file)) return { previous: undefined, next: masterIn(source, fingerprint), ...ending };
        return { previous: current, next: next ?? makeMasterKeyFile(nextFile(file)), ...ending };
      } catch (error) {
        lock.release();
        throw error;
      }
    },
  };
  return source;
}

/** @param place the setting, for messages */
export function givenMasterKey(place: string, current: MasterKey, next?: MasterKey): MasterSource {
  const source: MasterSource = {
    place,
    read: () => [current, ...(next ? [next] : [])],
    make: () => current,
    rotate: (fingerprint) => {
      masterIn(source, fingerprint);
      if (!next || next.fingerprint === current.fingerprint) {
        throw new KeysUnavailable(
          'The master key is given by DAYBOOK_MASTER_KEY. Give a new one by DAYBOOK_NEXT_MASTER_KEY to every server, start them again, then rotate.',
        );
      }
      return { previous: current, next, complete: () => undefined, end: () => undefined };
    },
  };
  return source;
}

/** The master key with a fingerprint. @throws KeysUnavailable when the source does not have it */
export function masterIn(source: MasterSource, fingerprint: string): MasterKey {
  const masters = source.read();
  const found = masters.find((master) => master.fingerprint === fingerprint);
  if (found) return found;
  const there = masters.length === 0 ? 'there is none' : `it is ${masters.map((master) => master.fingerprint).join(' and ')}`;
  throw new KeysUnavailable(
    `The keys are wrapped by the master key with the fingerprint ${fingerprint}, but in ${source.place} ${there}. ` +
      'Restore the master key that belongs to this key store; without it, what is sealed can never be opened.',
  );
}

function lockRotation(file: string): Lock {
  try {
    return holdLock(join(dirname(file), 'rotation.lock'), { shared: false });
  } catch (failure) {
    if (!(failure instanceof LockHeld)) throw failure;
    throw new KeysUnavailable('Another process rotates the master key. Wait for it to end, then look with `daybook keys`.', {
      cause: failure,
    });
  }
}
