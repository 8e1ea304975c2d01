/** The key store in MongoDB, in a database of its own: written to a majority and its journals, read from the primary. Loaded only when it is used. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoBulkWriteError, MongoServerError, type Binary, type Collection } from 'mongodb';
import { attempt, connect, type Connection, type MongoOptions, type Subject } from '../mongo/connection.js';
import { KeysUnavailable, type KeyStore, type WrappedKey } from './port.js';

interface KeyRow {
  readonly _id: string;
  readonly master: string;
  readonly wrapped: Binary | Uint8Array;
}

interface ValueRow {
  readonly _id: string;
  readonly value: string;
}

const DUPLICATE_KEY = 11_000;

/** In milliseconds. */
const RETRY_MS = 10;

const keys: Subject = { what: 'keys', unavailable: (message) => new KeysUnavailable(message) };

/** @throws KeysUnavailable when the connection string is invalid, or no server answers in time. */
export async function openMongoKeyStore(options: MongoOptions): Promise<KeyStore> {
  return new MongoKeyStore(await connect(keys, options, 'writer'));
}

class MongoKeyStore implements KeyStore {
  readonly place: string;
  readonly #connection: Connection;
  readonly #keys: Collection<KeyRow>;
  readonly #values: Collection<ValueRow>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.place = connection.place;
    this.#keys = connection.db.collection('keys');
    this.#values = connection.db.collection('values');
  }

  async add(added: readonly WrappedKey[]): Promise<void> {
    if (added.length === 0) return;
    const rows = added.map(({ k, master, wrapped }) => ({ _id: k, master, wrapped }));
    await this.#attempt(async () => {
      try {
        await this.#keys.insertMany(rows, { ordered: false });
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
    });
  }

  find(ids: readonly string[]): Promise<readonly WrappedKey[]> {
    return this.#attempt(async () => (await this.#keys.find({ _id: { $in: [...ids] } }).toArray()).map(toKey));
  }

  async drop(ids: readonly string[]): Promise<void> {
    await this.#attempt(() => this.#keys.deleteMany({ _id: { $in: [...ids] } }));
  }

  list(after: string, limit: number): Promise<readonly WrappedKey[]> {
    return this.#attempt(async () => {
      const found = await this.#keys
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(toKey);
    });
  }

  async replace(replaced: readonly WrappedKey[]): Promise<void> {
    if (replaced.length === 0) return;
    const writes = replaced.map(({ k, master, wrapped }) => ({
      updateOne: { filter: { _id: k }, update: { $set: { master, wrapped } } },
    }));
    await this.#attempt(() => this.#keys.bulkWrite(writes, { ordered: false }));
  }

  count(): Promise<number> {
    return this.#attempt(() => this.#keys.countDocuments());
  }

  value(name: string): Promise<string | undefined> {
    return this.#attempt(async () => (await this.#values.findOne({ _id: name }))?.value);
  }

  setOnce(name: string, value: string): Promise<string> {
    return this.#attempt(async () => {
      try {
        await this.#values.insertOne({ _id: name, value });
        return value;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      for (;;) {
        const row = await this.#values.findOne({ _id: name });
        if (row) return row.value;
        // A moment after its insertion, the other's value may not have reached a majority.
        await sleep(RETRY_MS);
      }
    });
  }

  change(name: string, from: string, to: string): Promise<boolean> {
    return this.#attempt(async () => {
      const { matchedCount } = await this.#values.updateOne({ _id: name, value: from }, { $set: { value: to } });
      return matchedCount === 1;
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #attempt<T>(work: () => Promise<T>): Promise<T> {
    return attempt(this.#connection, work);
  }
}

/** Whether nothing failed but inserts of ids that are there. */
function isDuplicate(error: unknown): boolean {
  if (error instanceof MongoBulkWriteError) {
    const failed = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    return error.result.getWriteConcernError() === undefined && failed.every(({ code }) => code === DUPLICATE_KEY);
  }
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

function toKey({ _id: k, master, wrapped }: KeyRow): WrappedKey {
  return { k, master, wrapped: wrapped instanceof Uint8Array ? wrapped : wrapped.buffer };
}
