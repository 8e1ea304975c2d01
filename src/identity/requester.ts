/** Identifies the caller. There is no access control yet: the server trusts the header, and by default serves only its own machine. */
import { patterns } from '../../contracts/fields/index.js';

const ACTOR_HEADER = 'x-daybook-actor';
const CORRELATION_HEADER = 'x-correlation-id';

/** A request has an invalid header. */
export class InvalidHeader extends Error {
  override readonly name = 'InvalidHeader';
}

export interface Requester {
  readonly actor: string;
  readonly correlationId?: string;
}

/** @param fallback the actor when the header is absent @throws InvalidHeader */
export function requesterOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>, fallback: string): Requester {
  const actor = headers[ACTOR_HEADER] ?? fallback;
  const correlationId = headers[CORRELATION_HEADER];
  if (typeof actor !== 'string' || !patterns.user.test(actor)) {
    throw new InvalidHeader(`${ACTOR_HEADER} must be a user id: 1 to 100 letters, digits or "_.:-".`);
  }
  if (correlationId === undefined) return { actor };
  if (typeof correlationId !== 'string' || !patterns.id.test(correlationId)) {
    throw new InvalidHeader(`${CORRELATION_HEADER} must be an id: 1 to 64 letters, digits, "_" or "-".`);
  }
  return { actor, correlationId };
}
