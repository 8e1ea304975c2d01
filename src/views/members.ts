/**
 * Who is there to share the work. A member is a lease that is named after its holder: nobody else ever takes it, so its token says nothing,
 * and nothing has to be kept of one that was given back or has run out.
 */
import type { Lease } from './port.js';

/** What the names of members begin with; the holder follows. */
export const MEMBER = 'member ';

export function memberOf(holder: string): string {
  return `${MEMBER}${holder}`;
}

export function isMember({ name, holder }: Pick<Lease, 'name' | 'holder'>): boolean {
  return name === memberOf(holder);
}
