/** Opens the configured engines. Their modules are loaded on demand. */
import { join } from 'node:path';
import { EMBEDDED, type Config } from './config.js';
import type { EventLog } from './log/port.js';
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
