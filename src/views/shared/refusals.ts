/** Changes that a store can't take, collected over a batch: all are reported at once, so that the page is folded again only once. */
import type { Position } from '../../kernel/event.js';
import { messageOf } from '../../kernel/message-of.js';
import { DocumentRefused, type Refusal } from '../port/errors.js';

/** The first refused change of each document; later ones are held back anyway. */
export type Refusals = Map<string, Refusal>;

/** @param since the position of the document's last change @throws RangeError when no engine takes the change */
export function mustBeStorable(key: string, position: Position, since: Position): void {
  if (key.includes('\u0000')) throw new RangeError('its key has a character U+0000.');
  if (position < since) throw new RangeError(`the document was already changed at ${since}.`);
}

/** Adds a refusal. Every failure to put a document into its stored form is a refusal of that document. */
export function addRefusal(refusals: Refusals, key: string, position: Position, failure: unknown): void {
  refusals.set(key, { key, position, reason: messageOf(failure) });
}

/** @throws DocumentRefused when there are refusals */
export function throwIfRefused(build: string, refusals: Refusals): void {
  const [first, ...others] = refusals.values();
  if (first) throw new DocumentRefused(build, first.key, first.position, first.reason, others);
}
