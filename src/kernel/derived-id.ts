/** Ids that are derived from other ids: the same input always gives the same id, so that a repeated step has no further effect. */
import { v5 } from 'uuid';

/** The namespace of all ids that Daybook derives (RFC 9562, version 5). Changing it would change every derived id. */
const NAMESPACE = '7f0d3a52-6c1e-5b8a-9d44-2f6a1c0e8b37';

/** The UUID of a list of parts. Different lists give different UUIDs, whatever the parts contain. */
export function derivedId(...parts: readonly string[]): string {
  return v5(JSON.stringify(parts), NAMESPACE);
}

/** The id of a command's event. @param commandId a UUID @param index its index among the command's events */
export function eventId(commandId: string, index: number): string {
  return v5(String(index), commandId);
}
