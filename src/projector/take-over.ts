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
 * well. Nor from what took its place after this build was begun, as by a rollback, unless it is of a version that nobody has seen yet. Nor while
 * more documents wait in it than in the live one: then people would miss what they have now.
 */
export function mayTakeOver(build: BuildRecord, records: readonly BuildRecord[]): boolean {
  const ofName = records.filter(({ name }) => name === build.name);
  const live = ofName.find(({ state }) => state === 'live');
  if (!live) return true;
  if (live.version > build.version || live.parked < build.parked) return false;
  const isNew = ofName.every(({ version, servedAt }) => version < build.version || servedAt === null);
  return isNew || live.servedAt === null || live.servedAt <= build.startedAt;
}

/**
 * The retired builds of a read model that may be dropped: those that served longest ago, beyond `keep`, once no query can be left that began
 * while they did. Not those of a later version than the live one: they were rolled back from, and would be built again if they were gone.
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
  return ofName
    .filter(({ state }) => state === 'retired')
    .sort(lastServedFirst)
    .slice(keep)
    .filter(({ version }) => live !== undefined && version <= live.version)
    .filter(({ servedAt }) => servedAt === null || now - Date.parse(servedAt) > graceMs);
}
