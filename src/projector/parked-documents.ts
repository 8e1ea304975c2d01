/** The documents of a build that wait, read page by page. */
import type { Position } from '../kernel/event.js';
import type { Build } from '../views/builds.js';
import type { ParkedDocument, ViewReader } from '../views/port.js';

/** Documents read at a time. */
const PAGE = 500;

/** All of them, in the order of their keys. */
export async function* parkedDocuments(reader: Pick<ViewReader, 'parked'>, build: Build): AsyncGenerator<ParkedDocument, void, void> {
  for (let after: string | undefined; ;) {
    const page = await reader.parked(build, { first: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.first.key;
  }
}

/**
 * The keys of those that wait at a checkpoint. What stands beyond it was written by a commit that a crash cut short: those events come again,
 * and until then their documents go on.
 */
export async function parkedKeys(reader: Pick<ViewReader, 'parked'>, build: Build, checkpoint: Position): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { first } of parkedDocuments(reader, build)) if (first.position <= checkpoint) keys.push(first.key);
  return keys;
}
