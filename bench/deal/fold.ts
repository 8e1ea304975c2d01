/** A deal's state from its stream, folded as the command handler does. */
import { dealDefinitions, type Deal } from './contract.js';
import { deal } from './deal.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { emptyStream, follow } from '../../src/command-handling/recorded-stream.js';

/** The state; undefined without events. */
export function foldStream(events: readonly RecordedEvent[]): Deal | undefined {
  return follow(deal, emptyStream, events, dealDefinitions).state as Deal | undefined;
}
