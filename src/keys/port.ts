/**
 * Where the keys of sealed fields are stored: apart from the log and from the read models, each wrapped by the master key, which is not in
 * the store. `test/conformance/keys.ts` defines each sentence here.
 */
import { KnownError } from '../kernel/known-error.js';

/** A key as it is stored. */
export interface WrappedKey {
  /** Its id: 12 random bytes as 16 characters of base64url. */
  readonly k: string;
  /** The fingerprint of the master key that wraps it. */
  readonly master: string;
  readonly wrapped: Uint8Array;
}

/**
 * A store of wrapped keys, and of a few named values that say which log and which master key it belongs to. Several processes may use it. What
 * a call has written is durable when the call resolves, and every call that begins afterwards, in any process, sees it.
 */
export interface KeyStore {
  /** Where it is, for messages: a folder or a database, without user and password. */
  readonly place: string;
  /** Adds keys; one whose id is there already stays as it is. When it fails, some may have been added. @throws KeysUnavailable */
  add(keys: readonly WrappedKey[]): Promise<void>;
  /** The keys with these ids, in any order; those that are not there are left out. @throws KeysUnavailable */
  find(ids: readonly string[]): Promise<readonly WrappedKey[]>;
  /**
   * Removes keys; those that are not there are ignored. In the embedded store, their bytes are then gone from its files, also those of keys that
   * were removed before. @throws KeysUnavailable
   */
  drop(ids: readonly string[]): Promise<void>;
  /** Up to `limit` keys after an id, in the order of their ids; from the first one after ''. @throws KeysUnavailable */
  list(after: string, limit: number): Promise<readonly WrappedKey[]>;
  /** Replaces keys that are still there: one that was dropped stays dropped. Former bytes go as with `drop`. @throws KeysUnavailable */
  replace(keys: readonly WrappedKey[]): Promise<void>;
  /** The number of keys. @throws KeysUnavailable */
  count(): Promise<number>;
  /** A named value; undefined when it was never set. @throws KeysUnavailable */
  value(name: string): Promise<string | undefined>;
  /** Sets a value unless there is one. @returns the value that is there afterwards, which may be another process's. @throws KeysUnavailable */
  setOnce(name: string, value: string): Promise<string>;
  /** Changes a value if it is still `from`. @returns whether it was. @throws KeysUnavailable */
  change(name: string, from: string, to: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The key store or the master key can't be opened, read or written, or does not belong to this log. The message says what to do. */
export class KeysUnavailable extends KnownError {
  override readonly name = 'KeysUnavailable';
  readonly code = 'KEYS_UNAVAILABLE';
  /** Whether there are no keys at all where they should be. */
  readonly isEmpty: boolean;

  constructor(message: string, { isEmpty = false, ...options }: ErrorOptions & { readonly isEmpty?: boolean } = {}) {
    super(message, options);
    this.isEmpty = isEmpty;
  }
}
