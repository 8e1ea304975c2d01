/** What operators decide about documents that wait: each decision is an event in the log, carried out when the projector reaches it. */
import { DeadLetterSkipped, DeadLettersRetried, type DeadLetterEvent } from '../../contracts/operations/dead-letter.js';
import type { Recorded, RecordedEvent } from '../kernel/event.js';
import type { Projection } from '../kernel/projection.js';
import type { Run } from './run.js';
import { isOfStream } from './waiting.js';

/** The types of events that decide. */
export const decisionTypes: readonly string[] = [DeadLettersRetried.type, DeadLetterSkipped.type];

export type Decision = Recorded<DeadLetterEvent>;

/** The types of events that these projections name, and those that decide. */
export function typesOf(projections: readonly Projection[]): readonly string[] {
  return [...new Set([...projections.flatMap(({ types }) => types), ...decisionTypes])];
}

/** Whether the event decides about documents of this build. */
export function concerns(event: RecordedEvent, { build, parked }: Run): event is Decision {
  if (!decisionTypes.includes(event.type)) return false;
  const { readModel, version, key } = (event as Decision).data;
  return readModel === build.model.name && version === build.model.version && (key === null ? parked.size > 0 : parked.has(key));
}

/**
 * What a decision is about, in the groups that are tried one after the other, the same for every build: document by document, then all streams
 * together, since they wait for documents that wait themselves.
 */
export function groupsOf({ data: { key } }: Decision, { parked }: Run): readonly (readonly string[])[] {
  const keys = key === null ? [...parked].sort() : [key];
  const streams = keys.filter(isOfStream);
  return [...keys.filter((each) => !isOfStream(each)).map((each) => [each]), ...(streams.length > 0 ? [streams] : [])];
}
