/** How a projector works on a data folder: the settings that say so, wherever it runs. */
import { EMBEDDED, type Config } from '../config.js';
import type { ProjectorOptions } from './options.js';

export function projectorSettings(config: Config) {
  return {
    spread: isSpread(config),
    pageSize: config.projectionPage,
    cutOver: config.cutOver === 'auto',
    rebuildShare: config.rebuildShare,
    rebuildPartitions: config.rebuildPartitions,
    retired: config.retiredBuilds,
    graceMs: config.requestTimeoutMs,
    parkedLimit: config.parkedLimit,
  } satisfies Partial<ProjectorOptions>;
}

/** Whether processes share the work among them: one does all that a file takes; a server takes from several. */
export function isSpread({ viewsUrl }: Pick<Config, 'viewsUrl'>): boolean {
  return viewsUrl !== EMBEDDED;
}
