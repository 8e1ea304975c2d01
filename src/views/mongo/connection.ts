/** The connection to MongoDB: how sure its writes and reads are, and what its failures are called in the port's words. */
import {
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
  ReadConcern,
  type Db,
  type DbOptions,
} from 'mongodb';
import { ViewsUnavailable } from '../errors.js';

/** How long the server may take to answer one request, in milliseconds; and one to make an index or to drop a collection. */
const ANSWER_MS = 30_000;
const PATIENT_MS = 3_600_000;

export interface MongoViewsOptions {
  /** `mongodb://` or `mongodb+srv://`; the database is the one that it names, else `daybook`. */
  readonly url: string;
  /** A store apart from the read models, in a database beside theirs: `daybook_policies`. */
  readonly part?: 'policies';
  /** How long the server may take to answer one request, in milliseconds; 30,000 unless said otherwise, or as long as who asks may wait. */
  readonly answerMs?: number;
  readonly requestTimeoutMs?: number;
}

export interface MongoViewReaderOptions extends MongoViewsOptions {
  /**
   * A list as of a moment since which at most so many documents were superseded looks at those instead of walking the index of its order;
   * 5,000 unless said otherwise.
   */
  readonly nearby?: number;
}

export interface Connection {
  readonly client: MongoClient;
  readonly db: Db;
  /** The same for what takes its time, making indexes and dropping collections: connected when it is first used. */
  readonly patient: Db;
  /** Whether it is a replica set or a sharded cluster: such a one reads as of one moment, and makes an index when a majority has made it. */
  readonly replicated: boolean;
  /** The servers and the database, without user and password. */
  readonly place: string;
  close(): Promise<void>;
}

/**
 * `writer`: reads what a majority has, since what it decides by must not be rolled back; writes to a majority and to its journals, documents
 * too: a checkpoint must not survive what it counts. `reader`: reads what the primary has.
 */
export type Side = 'writer' | 'reader';

/** @throws ViewsUnavailable when the connection string is none, or no server answers in time. */
export async function connect(options: MongoViewsOptions, side: Side): Promise<Connection> {
  const { url, part, requestTimeoutMs = 0, answerMs = Math.max(ANSWER_MS, requestTimeoutMs) } = options;
  const client = clientOf(url, answerMs);
  const connection = connectionOf(client, url, side, { part, patient: clientOf(url, PATIENT_MS) });
  try {
    const { setName, msg } = await attempt(connection, async () => {
      await client.connect();
      return client.db('admin').command({ hello: 1 });
    });
    return { ...connection, replicated: setName !== undefined || msg === 'isdbgrid' };
  } catch (error) {
    await connection.close();
    throw error instanceof ViewsUnavailable ? error : new ViewsUnavailable(unreadable(error, connection.place));
  }
}

interface ConnectionOptions {
  readonly part?: string | undefined;
  /** The client for what takes its time, where it is another. */
  readonly patient?: MongoClient;
  readonly replicated?: boolean;
}

/** @param url what the client was made of, which names the database */
export function connectionOf(
  client: MongoClient,
  url: string,
  side: Side,
  { part, patient = client, replicated = false }: ConnectionOptions = {},
): Connection {
  const name = [databaseIn(url), ...(part === undefined ? [] : [part])].join('_');
  const concerns: DbOptions = {
    readPreference: 'primary',
    readConcern: new ReadConcern(side === 'writer' ? 'majority' : 'local'),
    writeConcern: { w: 'majority', journal: true },
    ignoreUndefined: false,
  };
  const hosts = client.options.srvHost ?? client.options.hosts.join(',');
  return {
    client,
    db: client.db(name, concerns),
    patient: patient.db(name, concerns),
    replicated,
    place: `${name} on ${hosts}`,
    async close() {
      await Promise.all([client.close(), patient.close()]);
    },
  };
}

function clientOf(url: string, answerMs: number): MongoClient {
  try {
    // Each write may be sent twice by its own guard, so the driver's way of sending it twice, with records on the server, is not needed.
    // A server that accepts and stays silent is told by its heartbeat; a connection that does, while the heartbeat's own goes on, by the
    // request that has no answer. By then those that went dead beside it have been idle for as long, and are let go of.
    return new MongoClient(url, {
      appName: 'daybook',
      retryWrites: false,
      serverSelectionTimeoutMS: 5_000,
      connectTimeoutMS: 5_000,
      heartbeatFrequencyMS: 2_000,
      socketTimeoutMS: answerMs,
      maxIdleTimeMS: Math.min(answerMs, ANSWER_MS),
    });
  } catch {
    // What the driver says of it repeats parts of it.
    throw new ViewsUnavailable(
      'The connection string of the read models is not one of MongoDB. Write it as mongodb://user:password@host:27017/database',
    );
  }
}

function databaseIn(url: string): string {
  const [, name] = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]+)/.exec(url) ?? [];
  return name === undefined ? 'daybook' : decodeURIComponent(name);
}

/** Does `work`, with the driver's errors in the port's words. @throws ViewsUnavailable */
export async function attempt<T>({ place }: Pick<Connection, 'place'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // The driver's own message and error may hold documents or the connection string: neither is passed on.
    throw error instanceof MongoError ? new ViewsUnavailable(explain(error, place)) : error;
  }
}

/** Before a server is asked, names that are looked up and files can fail. */
function unreadable(error: unknown, place: string): string {
  const { code } = error as { readonly code?: unknown };
  return `MongoDB can't be reached for the read models (${place}): ${String(code)}. Check the host and the files that the connection string names.`;
}

function explain(error: MongoError, place: string): string {
  if (error instanceof MongoServerError) {
    const { code, codeName } = error as { readonly code?: unknown; readonly codeName?: unknown };
    if (code === 13 || code === 18) {
      return `MongoDB refuses the user of the read models (${place}). Check user, password and authSource of the connection string; the user needs the role dbOwner on this database.`;
    }
    const named = typeof codeName === 'string' && /^\w+$/.test(codeName) ? codeName : String(code);
    return `MongoDB could not do what it was asked for the read models (${place}): error ${named}. See the log of the server; the work is tried again.`;
  }
  if (error instanceof MongoNetworkTimeoutError) {
    return `MongoDB did not answer in time for the read models (${place}): what it was asked may be done or not, and is tried again. Check the network and the load of the server.`;
  }
  if (error instanceof MongoServerSelectionError || error instanceof MongoNetworkError || error instanceof MongoParseError) {
    return `MongoDB can't be reached for the read models (${place}). Check that it runs and that the connection string names it.`;
  }
  return `The connection to MongoDB for the read models (${place}) failed or was closed (${error.name}).`;
}
