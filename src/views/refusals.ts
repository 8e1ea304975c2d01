/** Changes that a store can't take, gathered over a batch: all are told at once, so that a page full of them is folded again once. */
import type { Position } from '../kernel/event.js';
import { messageOf } from '../kernel/message-of.js';
import { DocumentRefused, type Refusal } from './errors.js';

/** The first refused change of each document; those after it have to wait for it anyway. */
export type Refusals = Map<string, Refusal>;

/** @param since where the document was changed last @throws RangeError when no store takes such a change */
export function mustFollow(key: string, position: Position, since: Position): void {
  if (key.includes('\u0000')) throw new RangeError('its key has a character U+0000.');
  if (position < since) throw new RangeError(`the document has been changed at ${since} already.`);
}

/** Notes why a change can't be taken: whatever goes wrong while a document is put into its stored form is the document's own failure. */
export function note(refusals: Refusals, key: string, position: Position, failure: unknown): void {
  refusals.set(key, { key, position, reason: messageOf(failure) });
}

/** @throws DocumentRefused when there is one */
export function mustBeTaken(build: string, refusals: Refusals): void {
  const [first, ...others] = refusals.values();
  if (first) throw new DocumentRefused(build, first.key, first.position, first.reason, others);
}
