/** Finalizes builds that have caught up, and cuts over to them if that is allowed. */
import type { LeaseKeeper } from '../leases/keeper.js';
import { idOf } from '../views/port/build-identity.js';
import { cutOverIfAllowed } from './cut-over-rules.js';
import type { Finalizations } from './finalization.js';
import type { ProjectorOptions } from './options.js';
import type { Run } from './run.js';

export interface PromoteContext extends Pick<ProjectorOptions, 'views' | 'cutOver'> {
  readonly leases: Pick<LeaseKeeper, 'ensure'>;
  readonly finalizations: Pick<Finalizations, 'isFinalized'>;
  /** Called when a build has become live. */
  readonly onCutOver: () => void;
}

/** @param runs those that have caught up. @returns whether all of them are finalized */
export async function promote(runs: readonly Run[], context: PromoteContext): Promise<boolean> {
  const { views, cutOver = true, onCutOver } = context;
  let all = true;
  for (const run of runs) {
    if (!(await isFinalized(run, context))) all = false;
    else if (cutOver && (run.record.state === 'building' || run.record.state === 'ready')) {
      if (await cutOverIfAllowed(views, idOf(run.build))) onCutOver();
    }
  }
  return all;
}

async function isFinalized(run: Run, { leases, finalizations }: PromoteContext): Promise<boolean> {
  if (run.progress.finishedAt !== null) return true;
  if (!finalizations.isFinalized(run.build, await leases.ensure(run.leaseName))) return false;
  run.progress = { ...run.progress, finishedAt: new Date().toISOString() };
  return true;
}
