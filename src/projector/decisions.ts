/** Operators' decisions about dead letters. Each is an event in the log, applied when the projector reaches it. */
import { DeadLetterSkipped, DeadLettersRetried, type DeadLetterEvent } from '../../contracts/operations/dead-letter.js';
import type { Recorded, RecordedEvent } from '../kernel/event.js';
import type { Projection } from '../kernel/projection.js';
import { readsSealed } from '../kernel/read-model.js';
import { isStreamKey } from './dead-letter.js';
import type { Run } from './run.js';

/** The event types of decisions. */
export const decisionTypes: readonly string[] = [DeadLettersRetried.type, DeadLetterSkipped.type];

export type Decision = Recorded<DeadLetterEvent>;

/** The event types that these projections handle, those of decisions, and those that erase what they may hold. */
export function typesOf(projections: readonly Projection[], erasing: readonly string[]): readonly string[] {
  const concerned = projections.some(({ model }) => readsSealed(model)) ? erasing : [];
  return [...new Set([...projections.flatMap(({ types }) => types), ...decisionTypes, ...concerned])];
}

/** The id of the event that a decision skips for a document of a build. */
export function skippedIn({ type, data }: RecordedEvent, { build: { model } }: Run, key: string): string | undefined {
  if (type !== DeadLetterSkipped.type) return undefined;
  const skip = data as Extract<Decision, { type: typeof DeadLetterSkipped.type }>['data'];
  return skip.readModel === model.name && skip.version === model.version && skip.key === key ? skip.eventId : undefined;
}

/** Whether the event is a decision about dead letters of this build. */
export function concerns(event: RecordedEvent, { build, deadLetters }: Run): event is Decision {
  if (!decisionTypes.includes(event.type)) return false;
  const { readModel, version, key } = (event as Decision).data;
  if (readModel !== build.model.name || version !== build.model.version) return false;
  return key === null ? deadLetters.size > 0 : deadLetters.has(key);
}

/**
 * The dead letters that a decision is about, in groups that are retried one after the other; the order is the same for every build. Each document
 * is a group; all streams together are the last one, since their events may change documents that are dead letters too.
 */
export function groupsOf({ data: { key } }: Decision, { deadLetters }: Run): readonly (readonly string[])[] {
  const keys = key === null ? [...deadLetters].sort() : [key];
  const streams = keys.filter(isStreamKey);
  return [...keys.filter((each) => !isStreamKey(each)).map((each) => [each]), ...(streams.length > 0 ? [streams] : [])];
}
