/** The engines that the configuration names, loaded only when they are opened. */
import { join } from 'node:path';
import type { Config } from './config.js';
import type { ReadModelSpec } from './kernel/read-model.js';
import type { EventLog } from './log/port.js';
import type { ViewReader, ViewWriter } from './views/port.js';

export interface LogOptions {
  readonly readOnly?: boolean;
  /** Appends are durable when the log has been closed, not each by itself: for loads that can be repeated, while no server runs. */
  readonly durableAtClose?: boolean;
}

/** @throws LogUnavailable */
export async function openLog(
  { dataDir }: Pick<Config, 'dataDir'>,
  { readOnly = false, durableAtClose = false }: LogOptions = {},
): Promise<EventLog> {
  const { openEmbeddedLog } = await import('./log/embedded.js');
  return openEmbeddedLog({ file: join(dataDir, 'events.db'), readOnly, synchronous: durableAtClose ? 'NORMAL' : 'FULL' });
}

/** @throws ViewsUnavailable */
export async function openViewWriter(
  { dataDir }: Pick<Config, 'dataDir'>,
  options: { readonly onLayoutChanged?: (model: ReadModelSpec) => void } = {},
): Promise<ViewWriter> {
  const { openEmbeddedViewWriter } = await import('./views/embedded.js');
  return openEmbeddedViewWriter({ file: join(dataDir, 'views.db'), ...options });
}

/**
 * Where process managers keep how far they are. A store apart from the read models: those may be thrown away to be built again, and while
 * the projector writes them nobody else can.
 * @throws ViewsUnavailable
 */
export async function openPolicyCheckpoints({ dataDir }: Pick<Config, 'dataDir'>): Promise<ViewWriter> {
  const { openEmbeddedViewWriter } = await import('./views/embedded.js');
  return openEmbeddedViewWriter({ file: join(dataDir, 'policies.db') });
}

/** @throws ViewsUnavailable */
export async function openViewReader({ dataDir, readerThreads }: Pick<Config, 'dataDir' | 'readerThreads'>): Promise<ViewReader> {
  const { openEmbeddedViewReader } = await import('./views/embedded.js');
  return openEmbeddedViewReader({ file: join(dataDir, 'views.db'), threads: readerThreads });
}
