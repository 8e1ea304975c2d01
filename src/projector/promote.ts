/** What has caught up is made fit to serve, which goes on beside, and takes over when it is and may. */
import { idOf } from '../views/builds.js';
import type { Completions } from './completions.js';
import type { LeaseKeeper } from './leases.js';
import type { ProjectorOptions } from './options.js';
import type { Run } from './run.js';
import { takeOver } from './take-over.js';

export interface PromoteContext extends Pick<ProjectorOptions, 'views' | 'cutOver'> {
  readonly leases: Pick<LeaseKeeper, 'hold'>;
  readonly completions: Pick<Completions, 'isDone'>;
  /** Told when one has taken over. */
  readonly onTakeOver: () => void;
}

/** @param runs those that have caught up. @returns whether all of them are fit to serve */
export async function promote(runs: readonly Run[], context: PromoteContext): Promise<boolean> {
  const { views, cutOver = true, onTakeOver } = context;
  let all = true;
  for (const run of runs) {
    if (!(await isComplete(run, context))) all = false;
    else if (cutOver && (run.record.state === 'building' || run.record.state === 'ready')) {
      if (await takeOver(views, idOf(run.build))) onTakeOver();
    }
  }
  return all;
}

async function isComplete(run: Run, { leases, completions }: PromoteContext): Promise<boolean> {
  if (run.progress.finishedAt !== null) return true;
  if (!completions.isDone(run.build, await leases.hold(run.leaseName))) return false;
  run.progress = { ...run.progress, finishedAt: new Date().toISOString() };
  return true;
}
