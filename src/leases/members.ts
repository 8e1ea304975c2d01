/**
 * Members: the processes that share work. A member is a lease named after its holder. No other holder ever acquires it, so its token has no
 * meaning, and stores delete it when it expires.
 */
import type { Lease } from './port.js';

/** The prefix of members' lease names; the holder follows. */
export const MEMBER = 'member ';

export function memberOf(holder: string): string {
  return `${MEMBER}${holder}`;
}

export function isMember({ name, holder }: Pick<Lease, 'name' | 'holder'>): boolean {
  return name === memberOf(holder);
}
