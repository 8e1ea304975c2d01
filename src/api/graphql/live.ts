/** What the sources of subscriptions share: they end at once when told to, and go at the pace of their client. */
import { GraphQLError } from 'graphql';
import type { Position } from '../../kernel/event.js';
import type { EventLog } from '../../log/port.js';
import type { ApiContext } from './context.js';
import { badInput } from './errors.js';

/** Events counted at most to tell a slow client what it missed. */
const MOST_COUNTED = 100_000;

/** Events counted at a time. */
const COUNTED_AT_A_TIME = 1_000;

/**
 * A source that ends as soon as its subscription does, though it may be waiting for news: the signal wakes it. (A generator alone takes note
 * of `return` only after what it waits for.)
 */
export function stoppable<T>(source: (signal: AbortSignal) => AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
  const stop = new AbortController();
  const generator = source(stop.signal);
  return endable(
    () => generator.next(),
    async () => {
      stop.abort();
      await generator.return();
    },
  );
}

/** What gives one thing after the other until it is ended: by itself, or by whoever takes them. */
export function endable<T>(next: () => Promise<IteratorResult<T, void>>, end: () => Promise<unknown>): AsyncGenerator<T, void, void> {
  const ended = async (): Promise<IteratorResult<T, void>> => {
    await end();
    return { done: true, value: undefined };
  };
  const made: AsyncGenerator<T, void, void> = {
    next,
    return: ended,
    throw: ended,
    [Symbol.asyncIterator]: () => made,
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
  return made;
}

/**
 * The position that a subscription goes on from: now when none is given.
 * @throws GraphQLError when there is no such position yet: waiting for it would leave out what comes before it.
 */
export async function startOf({ services: { log } }: ApiContext, after: Position | null | undefined): Promise<Position> {
  const head = await log.head();
  if (after == null) return head;
  // Among what others write, a read model stands beyond the last event, and may be followed from there.
  if (after > head && after > (await log.end()))
    {throw badInput('BAD_USER_INPUT', 'after', `after is beyond the end of the log, which stands at ${head}.`);}
  return after;
}

/**
 * Waits until the client has taken what it was sent, so that nothing piles up for it.
 * @param sent the position of the last thing that it was sent
 * @param types what it asked for
 * @throws GraphQLError SLOW_CLIENT when it takes nothing for too long while too many events wait for it.
 */
export async function untilTaken(
  { services: { log, slowClient }, taken }: ApiContext,
  sent: Position,
  types: readonly string[],
): Promise<void> {
  while (!(await taken(slowClient.ms))) {
    const missed = await countAfter(log, sent, types);
    if (missed <= slowClient.events) continue;
    const waited = `Nothing of what was sent was taken for ${slowClient.ms} ms while ${missed} events went by`;
    throw new GraphQLError(`${waited}. Subscribe again after position ${sent}.`, {
      extensions: { code: 'SLOW_CLIENT', missed, resumeAfter: String(sent) },
    });
  }
}

/** How many events of these types come after a position, up to `MOST_COUNTED`. */
async function countAfter(log: EventLog, after: Position, types: readonly string[]): Promise<number> {
  let count = 0;
  for (let at = after; count < MOST_COUNTED;) {
    const { events, position } = await log.readAll(at, Math.min(COUNTED_AT_A_TIME, MOST_COUNTED - count), types);
    if (position === at) break;
    count += events.length;
    at = position;
  }
  return count;
}
