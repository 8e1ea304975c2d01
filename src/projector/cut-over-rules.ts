/** When a build becomes live by itself, and which builds are dropped. */
import { buildName } from '../views/port/build-identity.js';
import { lastServedFirst } from '../views/serving/versions.js';
import type { BuildId, BuildRecord } from '../views/port/builds.js';
import { NotReady } from '../views/port/errors.js';
import type { ViewWriter } from '../views/port/store.js';

/** Makes a build live if that is allowed without an operator. @returns whether it is live now */
export async function cutOverIfAllowed(views: Pick<ViewWriter, 'builds' | 'cutOver'>, build: BuildId): Promise<boolean> {
  const records = await views.builds();
  const record = records.find((each) => buildName(each) === buildName(build));
  if (!record || !mayCutOver(record, records)) return false;
  try {
    await views.cutOver(build);
    return true;
  } catch (failure) {
    if (failure instanceof NotReady) return false; // The live build is ahead by a few events: the next attempt will succeed.
    throw failure;
  }
}

/**
 * Whether a ready build may become live without an operator. It may not replace:
 * - a build of a later version: a later release works on this store too;
 * - a build that was rolled back to after this one began, unless this one's version was never live;
 * - a build with fewer dead letters: users would lose data that they have now.
 */
export function mayCutOver(build: BuildRecord, records: readonly BuildRecord[]): boolean {
  const ofName = records.filter(({ name }) => name === build.name);
  const live = ofName.find(({ state }) => state === 'live');
  if (!live) return true;
  if (live.version > build.version || live.deadLetters < build.deadLetters) return false;
  if (live.servedAt === null || live.servedAt <= build.startedAt) return true;
  const isNew = ofName.every(({ version, servedAt }) => version < build.version || servedAt === null);
  return isNew || noneLiveBetween(build, live, ofName);
}

/**
 * The builds of a read model that may be dropped: retired builds beyond the last `keep`, after the grace period for running queries, unless they
 * would be rebuilt; and builds that were never live when a later build of the same version is.
 * @param graceMs how long running queries may still read a retired build, in milliseconds
 */
export function droppable(
  records: readonly BuildRecord[],
  name: string,
  keep: number,
  graceMs: number,
  now = Date.now(),
): readonly BuildRecord[] {
  const ofName = records.filter((record) => record.name === name);
  const live = ofName.find(({ state }) => state === 'live');
  if (!live) return [];
  let left = ofName;
  const outdated = ofName
    .filter(({ state }) => state === 'retired')
    .sort(lastServedFirst)
    .slice(keep)
    .reverse()
    .filter(({ servedAt }) => servedAt === null || now - Date.parse(servedAt) > graceMs)
    .filter((build) => {
      if (wouldBeRebuilt(build, left)) return false;
      left = left.filter((other) => other !== build);
      return true;
    });
  return [...outdated, ...ofName.filter((build) => isSuperseded(build, live))];
}

/**
 * Whether this build is the only record of a rollback to an earlier version. If it were dropped, a program with its version would build that
 * version again, and cut over to it.
 */
export function wouldBeRebuilt(build: BuildRecord, ofName: readonly BuildRecord[]): boolean {
  const live = ofName.find(({ state }) => state === 'live');
  const served = ofName.filter(({ version, servedAt }) => version === build.version && servedAt !== null);
  return live !== undefined && build.version > live.version && served.length === 1 && served[0] === build;
}

/**
 * Whether none of the builds between the live one and this one was ever live, as far as the register knows: then the live build did not become
 * live by a rollback.
 */
function noneLiveBetween(build: BuildRecord, live: BuildRecord, ofName: readonly BuildRecord[]): boolean {
  const between = ofName.filter(({ number, servedAt }) => live.number < number && number < build.number && servedAt === null);
  return between.length === build.number - live.number - 1;
}

/** Whether a build was never live, and the live build has the same version and is newer. */
function isSuperseded({ servedAt, version, number }: BuildRecord, live: BuildRecord): boolean {
  return servedAt === null && version === live.version && number < live.number;
}
