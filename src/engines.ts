/** Opens the configured engines. Their modules are loaded on demand. */
import { join, resolve } from 'node:path';
import { BESIDE, EMBEDDED, type Config } from './config.js';
import type { Domain } from './domain.js';
import type { Keyring, KeyringOptions } from './keys/keyring.js';
import type { MasterSource } from './keys/master-source.js';
import type { KeyStore } from './keys/port.js';
import type { EventLog } from './log/port.js';
import type { SealedLog } from './sealing/sealed-log.js';
import type { CheckpointStore } from './views/port/checkpoints.js';
import type { ViewReader, ViewWriter } from './views/port/store.js';

export interface LogOptions {
  readonly readOnly?: boolean;
  /** Appends become durable when the log is closed, not each by itself. For loads that can be repeated, while no server runs. */
  readonly durableAtClose?: boolean;
  /** The log becomes a copy of another log: events keep their recorded times. */
  readonly copying?: boolean;
}

type LogPlace = Pick<Config, 'dataDir'> & Partial<Pick<Config, 'logUrl' | 'logPrefix'>>;
type ViewsPlace = Pick<Config, 'dataDir'> & Partial<Pick<Config, 'viewsUrl'>>;

type KeysPlace = Pick<Config, 'dataDir'> & Partial<Pick<Config, 'viewsUrl' | 'keysUrl' | 'masterKeyFile' | 'masterKey' | 'nextMasterKey'>>;

/** @throws LogUnavailable */
export async function openLog(
  { dataDir, logUrl = EMBEDDED, logPrefix = '' }: LogPlace,
  { readOnly = false, durableAtClose = false, copying = false }: LogOptions = {},
): Promise<EventLog> {
  if (logUrl !== EMBEDDED) {
    const { openKurrentLog } = await import('./log/kurrent.js');
    return openKurrentLog({ url: logUrl, prefix: logPrefix, readOnly, copying });
  }
  const { openEmbeddedLog } = await import('./log/embedded.js');
  return openEmbeddedLog({ file: join(dataDir, 'events.db'), readOnly, synchronous: durableAtClose ? 'NORMAL' : 'FULL', copying });
}

/**
 * Opens the log with the keys of its sealed fields.
 * @throws LogUnavailable, KeysUnavailable
 */
export async function openSealed(
  place: LogPlace & KeysPlace,
  domain: Pick<Domain, 'definitions' | 'erasing'>,
  options: LogOptions = {},
): Promise<SealedLog> {
  const log = await openLog(place, options);
  try {
    return await withKeys(log, place, domain, options);
  } catch (failure) {
    await log.close();
    throw failure;
  }
}

/** An open log with the keys of its sealed fields. @throws LogUnavailable, KeysUnavailable */
export async function withKeys(
  log: EventLog,
  place: KeysPlace,
  domain: Pick<Domain, 'definitions' | 'erasing'>,
  { readOnly = false }: Pick<LogOptions, 'readOnly'> = {},
): Promise<SealedLog> {
  const { openSealedLog } = await import('./sealing/open.js');
  return openSealedLog({ log, domain, readOnly, openKeys: (options) => openKeys(place, options) });
}

/** @throws ViewsUnavailable */
export async function openViewWriter({ dataDir, viewsUrl = EMBEDDED }: ViewsPlace): Promise<ViewWriter> {
  if (viewsUrl !== EMBEDDED) {
    const { openMongoViewWriter } = await import('./views/mongo.js');
    return openMongoViewWriter({ url: viewsUrl });
  }
  const { openEmbeddedViewWriter } = await import('./views/embedded.js');
  return openEmbeddedViewWriter({ file: join(dataDir, 'views.db') });
}

/**
 * Opens the checkpoints of process managers. They have their own store: read models may be deleted and rebuilt, and only the projector can write
 * to theirs.
 * @throws ViewsUnavailable
 */
export async function openPolicyCheckpoints({ dataDir, viewsUrl = EMBEDDED }: ViewsPlace): Promise<CheckpointStore> {
  if (viewsUrl !== EMBEDDED) {
    const { openMongoCheckpoints } = await import('./views/mongo.js');
    return openMongoCheckpoints({ url: viewsUrl });
  }
  const { openEmbeddedCheckpoints } = await import('./views/embedded.js');
  return openEmbeddedCheckpoints({ file: join(dataDir, 'policies.db') });
}

/** @throws ViewsUnavailable */
export async function openViewReader({
  dataDir,
  viewsUrl = EMBEDDED,
  readerThreads,
  requestTimeoutMs = 0,
}: ViewsPlace & Pick<Config, 'readerThreads'> & Partial<Pick<Config, 'requestTimeoutMs'>>): Promise<ViewReader> {
  if (viewsUrl !== EMBEDDED) {
    const { openMongoViewReader } = await import('./views/mongo.js');
    return openMongoViewReader({ url: viewsUrl, requestTimeoutMs });
  }
  const { openEmbeddedViewReader } = await import('./views/embedded.js');
  return openEmbeddedViewReader({ file: join(dataDir, 'views.db'), threads: readerThreads });
}

/** An empty temporary store of read models, in a folder that the caller removes. It is embedded, whatever the configured engine. */
export async function openScratchViews(folder: string): Promise<{ readonly writer: ViewWriter; readonly reader: ViewReader }> {
  const { openEmbeddedViewReader, openEmbeddedViewWriter } = await import('./views/embedded.js');
  const file = join(folder, 'aside.db');
  const writer = await openEmbeddedViewWriter({ file });
  return { writer, reader: await openEmbeddedViewReader({ file, threads: 0 }) };
}

/**
 * Opens the keys of a log.
 * @param options.create whether a new key store and a new master key may be made: only while the log holds no sealed event
 * @throws KeysUnavailable when the store can't be used, or belongs to another log or master key
 */
export async function openKeys(place: KeysPlace, options: Pick<KeyringOptions, 'logId' | 'create'>): Promise<Keyring> {
  const { openKeyring } = await import('./keys/keyring.js');
  const master = await masterSource(place);
  const store = await openKeyStore(place, options);
  try {
    return await openKeyring({ store, master, ...options });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** @throws KeysUnavailable also when the store is missing and not to be created */
export async function openKeyStore(place: KeysPlace, { create }: { readonly create: boolean }): Promise<KeyStore> {
  const { keysUrl = BESIDE, viewsUrl = EMBEDDED } = place;
  const onMongo = keysUrl === BESIDE ? viewsUrl !== EMBEDDED : keysUrl.includes('://');
  if (onMongo) {
    const { openMongoKeyStore } = await import('./keys/mongo.js');
    return openMongoKeyStore(keysUrl === BESIDE ? { url: viewsUrl, part: 'keys' } : { url: keysUrl });
  }
  const { openEmbeddedKeyStore } = await import('./keys/embedded.js');
  return openEmbeddedKeyStore({ file: join(keysFolder(place), 'keys.db'), create });
}

/** Where the master key comes from. @throws KeysUnavailable */
export async function masterSource(place: KeysPlace): Promise<MasterSource> {
  const { masterKeyFile = '', masterKey = '', nextMasterKey = '' } = place;
  const { givenMasterKey, masterKeyInFile } = await import('./keys/master-source.js');
  const { parseMasterKey } = await import('./keys/master-key.js');
  const given = parseMasterKey(masterKey);
  if (given) return givenMasterKey('DAYBOOK_MASTER_KEY', given, parseMasterKey(nextMasterKey));
  return masterKeyInFile(masterKeyFile === '' ? join(keysFolder(place), 'master.key') : resolve(masterKeyFile));
}

/** The folder of keys: where they are, or, if they are on MongoDB, where the master key is. */
function keysFolder({ dataDir, keysUrl = BESIDE }: KeysPlace): string {
  return keysUrl === BESIDE || keysUrl.includes('://') ? `${resolve(dataDir)}-keys` : resolve(keysUrl);
}
