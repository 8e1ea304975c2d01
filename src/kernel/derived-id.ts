/** Ids that follow from other ids: the same input gives the same id for ever, so that a step taken twice is one step. */
import { v5 } from 'uuid';

/** The namespace of all ids that Daybook derives (RFC 9562, version 5). Changing it would change every derived id. */
const NAMESPACE = '7f0d3a52-6c1e-5b8a-9d44-2f6a1c0e8b37';

/** The UUID that belongs to these parts, told apart whatever they contain. */
export function derivedId(...parts: readonly string[]): string {
  return v5(JSON.stringify(parts), NAMESPACE);
}

/** The id of the event at `index` of those that a command decided. @param commandId a UUID */
export function eventId(commandId: string, index: number): string {
  return v5(String(index), commandId);
}
