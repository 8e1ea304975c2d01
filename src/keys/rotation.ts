/**
 * Wraps all keys under a new master key and destroys the previous one, while servers go on. When it is interrupted at any point, the same again
 * completes it: each step leaves what the next one begins with.
 *
 * 1. The next master key is there, beside the current one: whoever reads the master key finds both.
 * 2. The store names the next one as its master key: new keys are wrapped under it.
 * 3. All keys that are under the previous one are wrapped anew, until none is left.
 * 4. The next one takes the place of the current one, and the previous one is destroyed.
 */
import { values } from './keyring.js';
import type { MasterKey } from './master-key.js';
import type { MasterSource } from './master-source.js';
import { KeysUnavailable, type KeyStore } from './port.js';
import { unwrap, wrap } from './wrapping.js';

export interface Rotation {
  readonly source: MasterSource;
  /** Called after each page. @param seen keys so far. @param total keys in the store */
  readonly onProgress?: (seen: number, total: number) => void;
}

export interface Rotated {
  /** The fingerprint of the master key that wraps the keys now. */
  readonly fingerprint: string;
  /** The number of keys that were wrapped anew. */
  readonly keys: number;
  /**
   * The number of keys that are under neither master key, and were left as they are. A process leaves some when it is killed just as it made
   * keys ahead, at the end of a rotation; nothing is sealed under those.
   */
  readonly foreign: number;
}

/** Keys per page. */
const PAGE = 1_000;

/** @throws KeysUnavailable */
export async function rotateMasterKey(store: KeyStore, { source, onProgress = () => undefined }: Rotation): Promise<Rotated> {
  const fingerprint = await store.value(values.master);
  if (fingerprint === undefined) {
    throw new KeysUnavailable(`The key store ${store.place} holds no keys yet: a server that starts makes them.`);
  }
  const rotation = source.rotate(fingerprint);
  try {
    const { previous, next } = rotation;
    const named = fingerprint === next.fingerprint || (await store.change(values.master, fingerprint, next.fingerprint));
    if (!named && (await store.value(values.master)) !== next.fingerprint) {
      throw new KeysUnavailable('Another process rotates to another master key. Give every process the same next master key.');
    }
    let keys = 0;
    for (;;) {
      const { wrapped, foreign } = await wrapAll(store, previous, next, onProgress);
      keys += wrapped;
      if (wrapped > 0) continue;
      rotation.complete();
      return { fingerprint: next.fingerprint, keys, foreign };
    }
  } finally {
    rotation.end();
  }
}

/** Wraps the keys that are under the previous master key. */
async function wrapAll(
  store: KeyStore,
  previous: MasterKey | undefined,
  next: MasterKey,
  onProgress: (seen: number, total: number) => void,
): Promise<{ readonly wrapped: number; readonly foreign: number }> {
  let [seen, wrapped, foreign] = [0, 0, 0];
  for (let after = ''; ;) {
    const page = await store.list(after, PAGE);
    const last = page.at(-1);
    if (!last) return { wrapped, foreign };
    const old = previous ? page.filter(({ master }) => master === previous.fingerprint) : [];
    if (previous && old.length > 0) await store.replace(old.map((row) => wrap(unwrap(row, previous), next)));
    wrapped += old.length;
    foreign += page.filter(({ master }) => master !== next.fingerprint).length - old.length;
    seen += page.length;
    onProgress(seen, Math.max(seen, await store.count()));
    after = last.k;
  }
}
