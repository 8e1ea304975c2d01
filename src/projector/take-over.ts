/** A build becomes the live one, and what was live before the last one is let go. */
import { lastServedFirst, type BuildId, type BuildRecord } from '../views/builds.js';
import { NotReady } from '../views/errors.js';
import type { ViewWriter } from '../views/port.js';

/**
 * Makes a build the live one of its read model unless that is of a later version: then a later release works on this store as well.
 * @returns whether it is the live one now
 */
export async function takeOver(views: Pick<ViewWriter, 'builds' | 'cutOver'>, build: BuildId): Promise<boolean> {
  const { name, version } = build;
  const live = (await views.builds()).find((record) => record.name === name && record.state === 'live');
  if (live && live.version > version) return false;
  try {
    await views.cutOver(build);
    return true;
  } catch (failure) {
    if (failure instanceof NotReady) return false; // The live one is ahead by an event: the next look finds them together.
    throw failure;
  }
}

/**
 * The retired builds of a read model that may be dropped: those that served longest ago, beyond `keep`, once no query can be left that began
 * while they did.
 */
export function surplus(
  records: readonly BuildRecord[],
  name: string,
  keep: number,
  graceMs: number,
  now = Date.now(),
): readonly BuildRecord[] {
  return records
    .filter((record) => record.name === name && record.state === 'retired')
    .sort(lastServedFirst)
    .slice(keep)
    .filter(({ servedAt }) => servedAt === null || now - Date.parse(servedAt) > graceMs);
}
