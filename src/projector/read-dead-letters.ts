/** Reads the dead letters of a build page by page. */
import type { Position } from '../kernel/event.js';
import type { Build } from '../views/port/builds.js';
import type { DeadLetter } from '../views/port/dead-letters.js';
import type { ViewReader } from '../views/port/store.js';

/** Dead letters per page. */
const PAGE = 500;

/** All dead letters, ordered by key. */
export async function* readDeadLetters(reader: Pick<ViewReader, 'deadLetters'>, build: Build): AsyncGenerator<DeadLetter, void, void> {
  for (let after: string | undefined; ;) {
    const page = await reader.deadLetters(build, { first: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.first.key;
  }
}

/**
 * The keys of the dead letters as of a checkpoint. Dead letters beyond it were written by an interrupted commit: their events are read again,
 * and until then the documents are not blocked.
 */
export async function deadLetterKeys(
  reader: Pick<ViewReader, 'deadLetters'>,
  build: Build,
  checkpoint: Position,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { first } of readDeadLetters(reader, build)) if (first.position <= checkpoint) keys.push(first.key);
  return keys;
}
