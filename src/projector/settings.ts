/** The projector's options from the configuration, for the server and the command line. */
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
    deadLetterLimit: config.deadLetterLimit,
  } satisfies Partial<ProjectorOptions>;
}

/** Whether processes share the work: a file takes writes from one process, a database server from several. */
export function isSpread({ viewsUrl }: Pick<Config, 'viewsUrl'>): boolean {
  return viewsUrl !== EMBEDDED;
}
