/** The engines that the configuration names, loaded only when they are opened. */
import { join } from 'node:path';
import { EMBEDDED, type Config } from './config.js';
import type { EventLog } from './log/port.js';
import type { ViewReader, ViewWriter } from './views/port.js';

export interface LogOptions {
  readonly readOnly?: boolean;
  /** Appends are durable when the log has been closed, not each by itself: for loads that can be repeated, while no server runs. */
  readonly durableAtClose?: boolean;
  /** It is made a copy of another log: events bring the times that they were recorded at there. */
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
 * Where process managers keep how far they are. A store apart from the read models: those may be thrown away to be built again, and while
 * the projector writes them nobody else can.
 * @throws ViewsUnavailable
 */
export async function openPolicyCheckpoints({ dataDir, viewsUrl = EMBEDDED }: ViewsPlace): Promise<ViewWriter> {
  if (viewsUrl !== EMBEDDED) {
    const { openMongoViewWriter } = await import('./views/mongo.js');
    return openMongoViewWriter({ url: viewsUrl, part: 'policies' });
  }
  const { openEmbeddedViewWriter } = await import('./views/embedded.js');
  return openEmbeddedViewWriter({ file: join(dataDir, 'policies.db') });
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

/** An empty store of read models in a folder of the caller's, who throws it away: for building aside, whatever engine the views live in. */
export async function openScratchViews(folder: string): Promise<{ readonly writer: ViewWriter; readonly reader: ViewReader }> {
  const { openEmbeddedViewReader, openEmbeddedViewWriter } = await import('./views/embedded.js');
  const file = join(folder, 'aside.db');
  const writer = await openEmbeddedViewWriter({ file });
  return { writer, reader: await openEmbeddedViewReader({ file, threads: 0 }) };
}
