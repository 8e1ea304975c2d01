/**
 * The engines that end-to-end tests run on: `DAYBOOK_TEST_ENGINES` is embedded/embedded (so unless set), kurrent/embedded or kurrent/mongo, log
 * before read models. A data folder has a prefix of streams and a database of its own on the servers of its test file, so that tests use folders
 * whatever the engines. `KURRENTDB_URL` and `MONGODB_URL` name servers to use instead.
 */
import { afterAll } from '@jest/globals';
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { CommandHandler } from '../../../src/command-handling/command-handler.js';
import { domain } from '../../../src/domain.js';
import { openSealed, openViewReader, openViewWriter } from '../../../src/engines.js';
import type { SealedLog } from '../../../src/sealing/sealed-log.js';
import type { ViewReader, ViewWriter } from '../../../src/views/port/store.js';
import { startKurrentServer, type KurrentServer } from './kurrent.js';
import { dropDatabase } from './mongo-database.js';
import { mongoForTests, type MongoServer } from './secantus.js';

/** What the settings say of where a folder's log and read models are. */
export interface Place {
  readonly dataDir: string;
  readonly logUrl?: string;
  readonly logPrefix?: string;
  readonly viewsUrl?: string;
  /** On servers: processes with data folders of their own share the keys, and so the master key. */
  readonly masterKeyFile?: string;
}

const ENGINES = process.env['DAYBOOK_TEST_ENGINES'] ?? 'embedded/embedded';
if (!['embedded/embedded', 'kurrent/embedded', 'kurrent/mongo'].includes(ENGINES)) {
  throw new Error(`DAYBOOK_TEST_ENGINES is embedded/embedded, kurrent/embedded or kurrent/mongo, not ${ENGINES}.`);
}
export const [onKurrent, onMongo] = [ENGINES.startsWith('kurrent/'), ENGINES.endsWith('/mongo')];
export const onFiles = !onKurrent && !onMongo;

/** Where this test file's logs and read models are. */
const onServer = { log: onKurrent, views: onMongo };

let kurrent: Promise<KurrentServer> | undefined;
let mongo: Promise<MongoServer | undefined> | undefined;

afterAll(async () => {
  await Promise.all([kurrent?.then((server) => server.dispose()), mongo?.then((server) => server?.stop())]);
});

/**
 * Puts the logs and read models of this test file on servers, whatever the others run on: what it tells takes several machines.
 * @returns whether there is a MongoDB; where there is none, why was printed
 */
export async function onServers(): Promise<boolean> {
  onServer.log = onServer.views = true;
  return (await (mongo ??= mongoForTests())) !== undefined;
}

/** The server of the log for this test file. */
function kurrentServer(): Promise<KurrentServer> {
  return (kurrent ??= startKurrentServer({ like: '23.10' }));
}

/** The server of the read models for this test file. What it acknowledged last is gone when it is killed itself. */
async function mongoServer(): Promise<MongoServer> {
  const server = await (mongo ??= mongoForTests());
  if (!server) throw new Error('The tests on kurrent/mongo need a MongoDB: see above.');
  return server;
}

/** Where the log and the read models of a data folder are; starts the servers of this test file if need be. */
export async function placeOf(folder: string): Promise<Place> {
  const own = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 12);
  const given = process.env['KURRENTDB_URL'];
  return {
    dataDir: folder,
    ...(onServer.log ? { logUrl: given ?? (await kurrentServer()).url, logPrefix: `test_${own}.` } : {}),
    ...(onServer.views
      ? {
          viewsUrl: (await mongoServer()).url().replace(/\/daybook_test_\w+/, `/daybook_test_${own}`),
          masterKeyFile: join(`${resolve(folder)}-keys`, 'master.key'),
        }
      : {}),
  };
}

/** The same as variables for the program. */
export async function variablesOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const { logUrl, logPrefix, viewsUrl, masterKeyFile } = await placeOf(folder);
  return {
    ...(logUrl === undefined ? {} : { DAYBOOK_LOG_URL: logUrl, DAYBOOK_LOG_PREFIX: logPrefix ?? '' }),
    ...(viewsUrl === undefined ? {} : { DAYBOOK_VIEWS_URL: viewsUrl, DAYBOOK_MASTER_KEY_FILE: masterKeyFile ?? '' }),
  };
}

/** Opens the log of a data folder with its keys, beside whatever works on it. */
export async function logIn(folder: string, options: { readonly readOnly?: boolean } = {}): Promise<SealedLog> {
  return openSealed(await placeOf(folder), domain, options);
}

/** A handler of commands on such a log, without process managers. @param cacheSize see `CommandHandlerOptions` */
export function commandHandlerOn(log: SealedLog, cacheSize?: number): CommandHandler {
  return new CommandHandler({
    log,
    definitions: domain.definitions,
    isSameCommand: (...asked) => log.isSameCommand(...asked),
    ...(cacheSize === undefined ? {} : { cacheSize }),
  });
}

export async function viewWriterIn(folder: string): Promise<ViewWriter> {
  return openViewWriter(await placeOf(folder));
}

export async function viewReaderIn(folder: string): Promise<ViewReader> {
  return openViewReader({ ...(await placeOf(folder)), readerThreads: 0 });
}

/** Removes what the servers keep of a folder's read models, not of its keys. */
export async function dropViewsOf(folder: string): Promise<void> {
  const { viewsUrl } = await placeOf(folder);
  if (viewsUrl !== undefined) await dropDatabase(viewsUrl);
}
