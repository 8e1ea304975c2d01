/** What a key store says of itself, without opening a key. */
import type { Position } from '../kernel/event.js';
import { values } from './keyring.js';
import { KeysUnavailable, type KeyStore } from './port.js';

export interface KeysOverview {
  /** Where the keys are. */
  readonly place: string;
  /** The number of keys, with those that were made ahead, without the log's own. */
  readonly keys: number;
  /** The fingerprint of the master key. */
  readonly fingerprint: string;
  /** The id of the log that they belong to. */
  readonly log: string;
  readonly erasuresAppliedTo: Position;
}

/** @throws KeysUnavailable when the store can't be read, or was never filled */
export async function overviewOf(store: KeyStore): Promise<KeysOverview> {
  const [log, fingerprint, erasures = '0'] = [
    await store.value(values.logId),
    await store.value(values.master),
    await store.value(values.erasures),
  ];
  if (log === undefined || fingerprint === undefined) {
    throw new KeysUnavailable(`The key store ${store.place} holds no keys yet: a server that starts makes them.`);
  }
  return { place: store.place, keys: Math.max(0, (await store.count()) - 1), fingerprint, log, erasuresAppliedTo: Number(erasures) };
}
