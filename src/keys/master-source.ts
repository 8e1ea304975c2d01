/** Where the master key comes from: a file, or a setting. While it is rotated, the next one comes from there too. */
import { KeysUnavailable } from './port.js';
import { makeMasterKeyFile, readMasterKeyFile, type MasterKey } from './master-key.js';

export interface MasterSource {
  /** Where it is, for messages. */
  readonly place: string;
  /** The master key, and the next one during a rotation. Read again each time. Empty when there is none. @throws KeysUnavailable */
  read(): readonly MasterKey[];
  /** The master key, made if there is none and it can be made. @throws KeysUnavailable */
  make(): MasterKey;
}

/** The file of the next master key during a rotation. */
export function nextFile(file: string): string {
  return `${file}.next`;
}

export function masterKeyInFile(file: string): MasterSource {
  return {
    place: file,
    read: () => {
      // In this order: the next one takes the place of the other by renaming, so one of the two reads finds it.
      const next = readMasterKeyFile(nextFile(file));
      const current = readMasterKeyFile(file);
      return [current, next].flatMap((master) => master ?? []);
    },
    make: () => readMasterKeyFile(file) ?? makeMasterKeyFile(file),
  };
}

/** @param place the setting, for messages */
export function givenMasterKey(place: string, current: MasterKey, next?: MasterKey): MasterSource {
  return {
    place,
    read: () => [current, ...(next ? [next] : [])],
    make: () => current,
  };
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
