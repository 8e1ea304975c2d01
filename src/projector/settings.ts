/** How a projector works on a data folder: the settings that say so, wherever it runs. */
import type { Config } from '../config.js';
import { EMBEDDED } from '../engines.js';
import type { ProjectorOptions } from './projector.js';

export function projectorSettings(config: Config) {
  return {
    // One process does all that a file takes; a server takes from several.
    spread: config.viewsUrl !== EMBEDDED,
    pageSize: config.projectionPage,
    cutOver: config.cutOver === 'auto',
    rebuildShare: config.rebuildShare,
    retired: config.retiredBuilds,
    graceMs: config.requestTimeoutMs,
    parkedLimit: config.parkedLimit,
  } satisfies Partial<ProjectorOptions>;
}
