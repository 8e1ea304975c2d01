/** The engines that the configuration names, loaded only when they are opened. */
import { join } from 'node:path';
import type { Config } from './config.js';
import type { EventLog } from './log/port.js';
import type { ViewReader, ViewWriter } from './views/port.js';

/** @throws LogUnavailable */
export async function openLog({ dataDir }: Pick<Config, 'dataDir'>, options: { readonly readOnly?: boolean } = {}): Promise<EventLog> {
  const { openEmbeddedLog } = await import('./log/embedded.js');
  return openEmbeddedLog({ file: join(dataDir, 'events.db'), ...options });
}

/** @throws ViewsUnavailable */
export async function openViewWriter({ dataDir }: Pick<Config, 'dataDir'>): Promise<ViewWriter> {
  const { openEmbeddedViewWriter } = await import('./views/embedded.js');
  return openEmbeddedViewWriter({ file: join(dataDir, 'views.db') });
}

/** @throws ViewsUnavailable */
export async function openViewReader({ dataDir, readerThreads }: Pick<Config, 'dataDir' | 'readerThreads'>): Promise<ViewReader> {
  const { openEmbeddedViewReader } = await import('./views/embedded.js');
  return openEmbeddedViewReader({ file: join(dataDir, 'views.db'), threads: readerThreads });
}
