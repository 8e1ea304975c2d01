/** The connection to MongoDB: read and write concerns, timeouts, and the translation of its errors. */
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
import { KnownError } from '../kernel/known-error.js';

/** How long the server may take to answer one request, in milliseconds; and one to make an index or to drop a collection. */
const ANSWER_MS = 30_000;
const PATIENT_MS = 3_600_000;

export interface MongoOptions {
  /** `mongodb://` or `mongodb+srv://`; the database is the one that it names, else `daybook`. */
  readonly url: string;
  /** A store in a database beside the one that the connection string names: `daybook_policies`. */
  readonly part?: 'policies' | 'keys';
  /** How long the server may take to answer one request, in milliseconds; 30,000 unless said otherwise, or as long as who asks may wait. */
  readonly answerMs?: number;
  readonly requestTimeoutMs?: number;
}

/** What is stored, for messages, and the error of its port. */
export interface Subject {
  /** Such as `read models`. */
  readonly what: string;
  readonly unavailable: (message: string) => KnownError;
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
  readonly subject: Subject;
  close(): Promise<void>;
}

/**
 * `writer`: reads from a majority, since its decisions must not be rolled back, and writes to a majority and its journals, documents too: a checkpoint
 * must not survive the documents that it covers. `reader`: reads from the primary.
 */
export type Side = 'writer' | 'reader';

/** @throws the subject's error when the connection string is none, or no server answers in time. */
export async function connect(subject: Subject, options: MongoOptions, side: Side): Promise<Connection> {
  const { url, part, requestTimeoutMs = 0, answerMs = Math.max(ANSWER_MS, requestTimeoutMs) } = options;
  const client = clientOf(subject, url, answerMs);
  const connection = connectionOf(subject, client, url, side, { part, patient: clientOf(subject, url, PATIENT_MS) });
  try {
    const { setName, msg } = await attempt(connection, async () => {
      await client.connect();
      return client.db('admin').command({ hello: 1 });
    });
    return { ...connection, replicated: setName !== undefined || msg === 'isdbgrid' };
  } catch (error) {
    await connection.close();
    throw error instanceof KnownError ? error : subject.unavailable(unreadable(error, connection));
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
  subject: Subject,
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
    subject,
    async close() {
      await Promise.all([client.close(), patient.close()]);
    },
  };
}

function clientOf({ what, unavailable }: Subject, url: string, answerMs: number): MongoClient {
  try {
    // Writes are guarded, so they can be repeated without the driver's retryable writes. A server that accepts connections and stays silent is
    // detected by its heartbeat; a dead connection by the timeout of its request. Other dead connections have then been idle long enough to be
    // closed.
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
    // The driver's message repeats parts of the connection string.
    throw unavailable(
      `The connection string of the ${what} is not a MongoDB connection string. Write it as mongodb://user:password@host:27017/database`,
    );
  }
}

function databaseIn(url: string): string {
  const [, name] = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]+)/.exec(url) ?? [];
  return name === undefined ? 'daybook' : decodeURIComponent(name);
}

/** What messages say of a connection. */
type Named = Pick<Connection, 'place' | 'subject'>;

/** Runs `work`, and reports the driver's errors as the port's. @throws the subject's error */
export async function attempt<T>(connection: Named, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // The driver's message and error may contain documents or the connection string: neither is passed on.
    throw error instanceof MongoError ? connection.subject.unavailable(explain(error, connection)) : error;
  }
}

/** Before a server is asked, names that are looked up and files can fail. */
function unreadable(error: unknown, { place, subject }: Named): string {
  const { code } = error as { readonly code?: unknown };
  return `MongoDB can't be reached for the ${subject.what} (${place}): ${String(code)}. Check the host and the files that the connection string names.`;
}

function explain(error: MongoError, { place, subject }: Named): string {
  if (error instanceof MongoServerError) {
    const { code, codeName } = error as { readonly code?: unknown; readonly codeName?: unknown };
    if (code === 13 || code === 18) {
      return `MongoDB refuses the user of the ${subject.what} (${place}). Check user, password and authSource of the connection string; the user needs the role dbOwner on this database.`;
    }
    const named = typeof codeName === 'string' && /^\w+$/.test(codeName) ? codeName : String(code);
    return `MongoDB could not do what it was asked for the ${subject.what} (${place}): error ${named}. See the log of the server; the work is retried.`;
  }
  if (error instanceof MongoNetworkTimeoutError) {
    return `MongoDB did not answer in time for the ${subject.what} (${place}): what it was asked may be done or not, and is tried again. Check the network and the load of the server.`;
  }
  if (error instanceof MongoServerSelectionError || error instanceof MongoNetworkError || error instanceof MongoParseError) {
    return `MongoDB can't be reached for the ${subject.what} (${place}). Check that it runs and that the connection string names it.`;
  }
  return `The connection to MongoDB for the ${subject.what} (${place}) failed or was closed (${error.name}).`;
}
