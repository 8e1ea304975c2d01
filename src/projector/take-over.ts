/** A build becomes the live one, and what was live before the last one is let go. */
import { buildName, lastServedFirst, type BuildId, type BuildRecord } from '../views/builds.js';
import { NotReady } from '../views/errors.js';
import type { ViewWriter } from '../views/port.js';

/** Makes a build the live one of its read model, if it may be that by itself. @returns whether it is the live one now */
export async function takeOver(views: Pick<ViewWriter, 'builds' | 'cutOver'>, build: BuildId): Promise<boolean> {
  const records = await views.builds();
  const record = records.find((each) => buildName(each) === buildName(build));
  if (!record || !mayTakeOver(record, records)) return false;
  try {
    await views.cutOver(build);
    return true;
  } catch (failure) {
    if (failure instanceof NotReady) return false; // The live one is ahead by an event: the next look finds them together.
    throw failure;
  }
}

/**
 * Whether a build that is ready may take over without being told to. Not from a later version: then a later release works on this store as
 * well. Nor from what was rolled back to after this build was begun, unless it is of a version that nobody has seen yet. Nor while more
 * documents wait in it than in the live one: then people would miss what they have now.
 */
export function mayTakeOver(build: BuildRecord, records: readonly BuildRecord[]): boolean {
  const ofName = records.filter(({ name }) => name === build.name);
  const live = ofName.find(({ state }) => state === 'live');
  if (!live) return true;
  if (live.version > build.version || live.parked < build.parked) return false;
  if (live.servedAt === null || live.servedAt <= build.startedAt) return true;
  const isNew = ofName.every(({ version, servedAt }) => version < build.version || servedAt === null);
  return isNew || isNextTo(build, live, ofName);
}

/**
 * The builds of a read model that may be dropped. Of the retired ones those that served longest ago, beyond `keep`, once no query can be left
 * that began while they did, unless they would come back. And those that never served when one of the same version that was begun later does.
 */
export function surplus(
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
      if (wouldComeBack(build, left)) return false;
      left = left.filter((other) => other !== build);
      return true;
    });
  return [...outdated, ...ofName.filter((build) => isSuperseded(build, live))];
}

/**
 * Whether a build was rolled back from, to one of an earlier version, and nothing but this build tells so: were it gone, a program that has its
 * version would build it again, as one that never answered, and it would take over.
 */
export function wouldComeBack(build: BuildRecord, ofName: readonly BuildRecord[]): boolean {
  const live = ofName.find(({ state }) => state === 'live');
  const served = ofName.filter(({ version, servedAt }) => version === build.version && servedAt !== null);
  return live !== undefined && build.version > live.version && served.length === 1 && served[0] === build;
}

/**
 * Whether the live one was there first, and none that was begun between them has answered, as far as the register still tells: then it came to
 * its place as the builds of several requests come to theirs, one after the other, and by no rollback.
 */
function isNextTo(build: BuildRecord, live: BuildRecord, ofName: readonly BuildRecord[]): boolean {
  const between = ofName.filter(({ number, servedAt }) => live.number < number && number < build.number && servedAt === null);
  return between.length === build.number - live.number - 1;
}

/** Whether a build has nothing that the live one does not have, and was asked for earlier. */
function isSuperseded({ servedAt, version, number }: BuildRecord, live: BuildRecord): boolean {
  return servedAt === null && version === live.version && number < live.number;
}
