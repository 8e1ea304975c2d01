/** The connection to MongoDB: how sure its writes and reads are, and what its failures are called in the port's words. */
import {
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
  ReadConcern,
  type Db,
} from 'mongodb';
import { ViewsUnavailable } from '../errors.js';

export interface MongoViewsOptions {
  /** `mongodb://` or `mongodb+srv://`; the database is the one that it names, else `daybook`. */
  readonly url: string;
  /** A store apart from the read models, in a database beside theirs: `daybook_policies`. */
  readonly part?: 'policies';
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
  /** The servers and the database, without user and password. */
  readonly place: string;
}

/**
 * `writer`: reads what a majority has, since what it decides by must not be rolled back; writes to a majority and to its journals, documents
 * too: a checkpoint must not survive what it counts. `reader`: reads what the primary has.
 */
export type Side = 'writer' | 'reader';

/** @throws ViewsUnavailable when the connection string is none, or no server answers in time. */
export async function connect({ url, part }: MongoViewsOptions, side: Side): Promise<Connection> {
  const client = clientOf(url);
  const connection = connectionOf(client, url, side, part);
  try {
    await attempt(connection, () => client.connect());
  } catch (error) {
    await client.close();
    throw error instanceof ViewsUnavailable ? error : new ViewsUnavailable(unreadable(error, connection.place));
  }
  return connection;
}

/** @param url what the client was made of, which names the database */
export function connectionOf(client: MongoClient, url: string, side: Side, part?: string): Connection {
  const name = [databaseIn(url), ...(part === undefined ? [] : [part])].join('_');
  const db = client.db(name, {
    readPreference: 'primary',
    readConcern: new ReadConcern(side === 'writer' ? 'majority' : 'local'),
    writeConcern: { w: 'majority', journal: true },
    ignoreUndefined: false,
  });
  const hosts = client.options.srvHost ?? client.options.hosts.join(',');
  return { client, db, place: `${name} on ${hosts}` };
}

function clientOf(url: string): MongoClient {
  try {
    // Each write may be sent twice by its own guard, so the driver's way of sending it twice, with records on the server, is not needed.
    // A server that accepts and stays silent is told by its heartbeat.
    return new MongoClient(url, {
      appName: 'daybook',
      retryWrites: false,
      serverSelectionTimeoutMS: 5_000,
      connectTimeoutMS: 5_000,
      heartbeatFrequencyMS: 2_000,
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
  if (error instanceof MongoServerSelectionError || error instanceof MongoNetworkError || error instanceof MongoParseError) {
    return `MongoDB can't be reached for the read models (${place}). Check that it runs and that the connection string names it.`;
  }
  return `The connection to MongoDB for the read models (${place}) failed or was closed (${error.name}).`;
}
