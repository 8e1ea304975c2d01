/** The keys of a log: made ahead, unwrapped, cached and dropped. */
import type { Position } from '../kernel/event.js';
import { KeyCache } from './key-cache.js';
import type { MasterKey } from './master-key.js';
import { masterIn, type MasterSource } from './master-source.js';
import { KeysUnavailable, type KeyStore, type WrappedKey } from './port.js';
import { newKey, unwrap, wrap, type Key } from './wrapping.js';

export type { Key } from './wrapping.js';

export interface KeyringOptions {
  readonly store: KeyStore;
  readonly master: MasterSource;
  /** The id of the log that the keys belong to; undefined while the log is empty. */
  readonly logId: string | undefined;
  /** Whether keys and a missing master key are made in an empty store: only while the log holds no sealed event. */
  readonly create: boolean;
  /** The number of unwrapped keys in memory; defaults to 100,000, some 20 MB. */
  readonly cached?: number;
}

/** Named values of the store. */
export const values = { logId: 'log', master: 'master', erasures: 'erasures' } as const;

/** The id of the log's own key: no id of other keys has this length. */
const LOG_KEY = 'log';

/** The number of keys that are made with one commit. */
const BLOCK = 256;

/**
 * Opens the keys of a log. The store belongs to that log and to its master key from then on.
 * @throws KeysUnavailable when the store belongs to another log or another master key, or is empty and must not be
 */
export async function openKeyring({ store, master: source, logId, create, cached = 100_000 }: KeyringOptions): Promise<Keyring> {
  await checkOwner(store, logId, create);
  const fingerprint =
    (await store.value(values.master)) ?? (create ? await store.setOnce(values.master, source.make().fingerprint) : undefined);
  if (fingerprint === undefined) throw emptyStore(store);
  const master = await masterOf(store, source, fingerprint);
  if (create) await store.add([wrap(newKey(LOG_KEY), master)]);
  const keyring = new Keyring(store, source, master, new KeyCache(cached));
  await keyring.start();
  return keyring;
}

/** The store notes the log that it belongs to when it is opened with it for the first time. @throws KeysUnavailable */
async function checkOwner(store: KeyStore, logId: string | undefined, create: boolean): Promise<void> {
  const owner = await store.value(values.logId);
  if (logId === undefined) {
    if (owner === undefined) return;
    throw new KeysUnavailable(
      `The event log is empty, but the key store ${store.place} belongs to a log that is not, ${owner}. Restore that log; to begin a new ` +
        'one, move the key store away or set DAYBOOK_KEYS_URL to another place.',
    );
  }
  if (owner === undefined && !create && (await store.value(values.master)) === undefined) throw emptyStore(store);
  const noted = owner ?? (await store.setOnce(values.logId, logId));
  if (noted === logId) return;
  throw new KeysUnavailable(
    `The key store ${store.place} belongs to another log: ${noted}, not ${logId}. Set DAYBOOK_KEYS_URL to this log's key store.`,
  );
}

export class Keyring {
  readonly #store: KeyStore;
  readonly #source: MasterSource;
  /** By fingerprint. */
  readonly #masters = new Map<string, MasterKey>();
  readonly #cache: KeyCache;
  /** Keys in the store that nobody uses, by id. */
  readonly #unused = new Map<string, Key>();
  /** The one that wraps new keys. */
  #master: MasterKey;
  #making: Promise<void> | undefined;
  #logKey: Buffer | undefined;

  /** Called by `openKeyring`. */
  constructor(store: KeyStore, source: MasterSource, master: MasterKey, cache: KeyCache) {
    this.#store = store;
    this.#source = source;
    this.#master = master;
    this.#masters.set(master.fingerprint, master);
    this.#cache = cache;
  }

  /** Called by `openKeyring`. */
  async start(): Promise<void> {
    const [own] = await this.#find([LOG_KEY]);
    if (!own) throw emptyStore(this.#store);
    this.#logKey = own.key;
  }

  /** The log's own key (32 bytes), which is made with the store and stays the same. For HMACs of ids that are derived from texts. */
  get logKey(): Buffer {
    if (!this.#logKey) throw new TypeError('The keyring is not open.');
    return this.#logKey;
  }

  /** Notes which log the keys belong to, when it has its first event. @throws KeysUnavailable when they belong to another */
  async belongTo(logId: string): Promise<void> {
    await checkOwner(this.#store, logId, false);
  }

  /** A key that nobody uses. It is in the store, durably. @throws KeysUnavailable */
  async take(): Promise<Key> {
    for (;;) {
      const [key] = this.#unused.values();
      if (key) {
        this.#unused.delete(key.k);
        this.#cache.add(key.k, key.key);
        return key;
      }
      await (this.#making ??= this.#makeKeys().finally(() => {
        this.#making = undefined;
      }));
    }
  }

  /** Gives back a key that was taken. Only when it is certain that nothing was stored under it: somebody else gets it next, or it is dropped. */
  giveBack(key: Key): void {
    this.#unused.set(key.k, key);
  }

  /**
   * The keys with these ids, those that are in the store. The result stays complete whatever the cache evicts: whoever reads a page of events
   * loads their keys, and asks the result. So an id that is not in it has no key, as of this call or up to 5 seconds before it.
   * @throws KeysUnavailable
   */
  async load(ids: Iterable<string>): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const unknown: string[] = [];
    for (const k of new Set(ids)) {
      const key = this.#cache.get(k);
      if (key) found.set(k, key);
      else if (!this.#cache.isMissing(k)) unknown.push(k);
    }
    if (unknown.length === 0) return found;
    const stored = new Map((await this.#find(unknown)).map(({ k, key }) => [k, key]));
    for (const k of unknown) {
      const key = stored.get(k);
      if (!key) this.#cache.miss(k);
      else if (!this.#cache.isMissing(k)) {
        // Otherwise it was dropped in the meantime.
        this.#cache.add(k, key);
        found.set(k, key);
      }
    }
    return found;
  }

  /** Drops keys, durably; also from this process's cache. What is sealed under them can't be opened again. Idempotent. @throws KeysUnavailable */
  async drop(ids: Iterable<string>): Promise<void> {
    const dropped = [...new Set(ids)];
    if (dropped.includes(LOG_KEY)) throw new TypeError("The log's own key can't be dropped.");
    if (dropped.length === 0) return;
    await this.#store.drop(dropped);
    for (const k of dropped) {
      this.#cache.miss(k);
      this.#unused.delete(k);
    }
  }

  /** The position in the log up to which erasures were applied to the store; 0 at first. @throws KeysUnavailable */
  async erasuresAppliedTo(): Promise<Position> {
    return Number((await this.#store.value(values.erasures)) ?? 0);
  }

  /** Notes that erasures up to a position were applied. An earlier position than the noted one changes nothing. @throws KeysUnavailable */
  async noteErasures(position: Position): Promise<void> {
    let noted = await this.#store.setOnce(values.erasures, String(position));
    while (Number(noted) < position) {
      if (await this.#store.change(values.erasures, noted, String(position))) return;
      noted = (await this.#store.value(values.erasures)) ?? noted;
    }
  }

  /** Drops the keys that were made ahead, and closes the store. */
  async close(): Promise<void> {
    await this.#making?.catch(() => undefined);
    try {
      // A process that is killed leaves them: some unused keys in the store do no harm.
      await this.drop([...this.#unused.keys()]).catch(() => undefined);
    } finally {
      await this.#store.close();
    }
  }

  async #makeKeys(): Promise<void> {
    const keys = Array.from({ length: BLOCK }, () => newKey());
    await this.#store.add(keys.map((key) => wrap(key, this.#master)));
    await this.#followRotation(keys);
    for (const key of keys) this.#unused.set(key.k, key);
  }

  /**
   * A rotation first names the next master key in the store, then wraps the keys that it finds. Keys that were added before it was named are
   * found; keys of which that is not certain are wrapped anew here.
   */
  async #followRotation(keys: readonly Key[]): Promise<void> {
    for (;;) {
      const fingerprint = await this.#store.value(values.master);
      if (fingerprint === undefined) throw emptyStore(this.#store);
      if (fingerprint === this.#master.fingerprint) return;
      this.#master = this.#masterOf(fingerprint);
      await this.#store.replace(keys.map((key) => wrap(key, this.#master)));
    }
  }

  async #find(ids: readonly string[]): Promise<readonly Key[]> {
    const open = (rows: readonly WrappedKey[]): readonly Key[] => rows.map((row) => unwrap(row, this.#masterOf(row.master)));
    const rows = await this.#store.find(ids);
    try {
      return open(rows);
    } catch {
      // A rotation may have destroyed the previous master key since the rows were read.
      return open(await this.#store.find(ids));
    }
  }

  /** @throws KeysUnavailable */
  #masterOf(fingerprint: string): MasterKey {
    const known = this.#masters.get(fingerprint);
    if (known) return known;
    const master = masterIn(this.#source, fingerprint);
    this.#masters.set(fingerprint, master);
    return master;
  }
}

/** The master key of a store. @throws KeysUnavailable when the source does not have it */
async function masterOf(store: KeyStore, source: MasterSource, fingerprint: string): Promise<MasterKey> {
  try {
    return masterIn(source, fingerprint);
  } catch (error) {
    // A rotation may have destroyed it since the fingerprint was read.
    const now = await store.value(values.master);
    if (now === undefined || now === fingerprint) throw error;
    return masterOf(store, source, now);
  }
}

function emptyStore({ place }: KeyStore): KeysUnavailable {
  return new KeysUnavailable(
    `The key store ${place} holds no keys, and no new ones are made: the log's personal data is sealed with the keys of the former one. ` +
      'Restore it from a backup, or set DAYBOOK_KEYS_URL to where it is.',
    { isEmpty: true },
  );
}
