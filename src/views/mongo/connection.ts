/** The connection of read models to MongoDB. */
import type { MongoClient } from 'mongodb';
import {
  connect as connectTo,
  connectionOf as named,
  type Connection,
  type MongoOptions,
  type Side,
  type Subject,
} from '../../mongo/connection.js';
import { ViewsUnavailable } from '../port/query-errors.js';

export { attempt, type Connection } from '../../mongo/connection.js';
export type MongoViewsOptions = MongoOptions;

export interface MongoViewReaderOptions extends MongoViewsOptions {
  /**
   * The number of documents superseded since the position of a list, up to which the list reads those instead of scanning the index of its order;
   * defaults to 5,000.
   */
  readonly nearby?: number;
}

export const readModels: Subject = { what: 'read models', unavailable: (message) => new ViewsUnavailable(message) };

/** @throws ViewsUnavailable when the connection string is none, or no server answers in time. */
export function connect(options: MongoViewsOptions, side: Side): Promise<Connection> {
  return connectTo(readModels, options, side);
}

/** @param url what the client was made of, which names the database */
export function connectionOf(client: MongoClient, url: string, side: Side): Connection {
  return named(readModels, client, url, side);
}
