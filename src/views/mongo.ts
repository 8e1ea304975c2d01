/** The read-model store on MongoDB: a standalone server, a replica set or a sharded cluster. Loaded only when it is configured. */
import type { CheckpointStore } from './port/checkpoints.js';
import type { ViewReader, ViewWriter } from './port/store.js';
import { connect, type MongoViewReaderOptions, type MongoViewsOptions } from './mongo/connection.js';
import { MongoCheckpoints } from './mongo/checkpoints.js';
import { MongoViewReader } from './mongo/reader.js';
import { MongoViewWriter } from './mongo/writer.js';

/** @throws ViewsUnavailable when the connection string is invalid, or no server answers in time. */
export async function openMongoViewWriter(options: MongoViewsOptions): Promise<ViewWriter> {
  return new MongoViewWriter(await connect(options, 'writer'));
}

/** @throws ViewsUnavailable when the connection string is invalid, or no server answers in time. */
export async function openMongoViewReader(options: MongoViewReaderOptions): Promise<ViewReader> {
  return new MongoViewReader(await connect(options, 'reader'), options);
}

/** @throws ViewsUnavailable when the connection string is invalid, or no server answers in time. */
export async function openMongoCheckpoints(options: MongoViewsOptions): Promise<CheckpointStore> {
  return new MongoCheckpoints(await connect({ ...options, part: 'policies' }, 'writer'));
}
