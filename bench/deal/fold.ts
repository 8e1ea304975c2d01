/** A deal as its stream tells it, folded as the command pipeline does. */
import { dealDefinitions } from './contract.js';
import { deal, type Deal } from './deal.js';
import type { Aggregate } from '../../src/kernel/aggregate.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { emptyStream, follow } from '../../src/pipeline/recorded-stream.js';

const untyped = deal as unknown as Aggregate<unknown, never>;

export function foldStream(events: readonly RecordedEvent[]): Deal {
  return follow(untyped, emptyStream(untyped), events, dealDefinitions).state as Deal;
}
