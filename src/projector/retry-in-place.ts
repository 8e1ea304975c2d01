/** Retries the events of one document in their original places: only this document missed them. */
import type { UnappliedEvent } from '../views/port/dead-letters.js';
import type { DocumentRefused } from '../views/port/errors.js';
import type { Decision } from './decisions.js';
import { fold, refusalOf, type Folded } from './fold.js';
import type { Run } from './run.js';
import type { UpcastEvent } from './upcast-event.js';

/** @param refusals what the store refused in earlier attempts of the same retry, in order */
export async function retryInPlace(
  run: Run,
  key: string,
  unapplied: readonly UnappliedEvent[],
  events: readonly UpcastEvent[],
  { metadata }: Decision,
  refusals: readonly DocumentRefused[],
): Promise<Folded> {
  const deadLetters = new Set(run.deadLetters);
  deadLetters.delete(key);
  const { projection } = run;
  const refused = new Map(refusals.map((refusal) => [refusalOf(refusal.key, refusal.position), refusal.reason]));
  const folded = await fold({ projection, events, documents: run, deadLetters, refused, now: metadata.recordedAt, only: key });
  return {
    ...folded,
    deadLetterChanges: folded.deadLetterChanges.map((change) => ('done' in change ? change : failedAgain(change, unapplied))),
  };
}

/** An event that is still not applied keeps its `since`; if its handler failed again, one attempt is added. */
export function failedAgain(change: UnappliedEvent, unapplied: readonly UnappliedEvent[]): UnappliedEvent {
  const { attempts = 0, since = change.since } = unapplied.find(({ position }) => position === change.position) ?? {};
  return { ...change, attempts: change.error === null ? attempts : attempts + 1, since };
}
