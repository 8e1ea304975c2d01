/** A log of leads that is filled quickly: each registered, assigned again and again, and qualified, one lead's events between another's. */
import { randomUUID } from 'node:crypto';
import { LeadAssigned, LeadQualified, LeadRegistered } from '../../../contracts/sales/lead.js';
import type { NewEvent } from '../../../contracts/event.js';
import { openEmbeddedLog } from '../../../src/log/embedded.js';

const REGISTERED_AT = '2026-01-05T09:00:00.000Z';

export interface FillOptions {
  readonly leads: number;
  /** How often each lead is assigned to somebody else. */
  readonly assignments?: number;
}

/**
 * Fills the log of a file.
 * @returns the ids of the leads, in the order of their registration; lead `i` is at position `i + 1`, its qualification is its last event
 */
export async function fillWithLeads(file: string, { leads, assignments = 1 }: FillOptions): Promise<readonly string[]> {
  const log = openEmbeddedLog({ file, synchronous: 'NORMAL' });
  const ids = Array.from({ length: leads }, () => randomUUID());
  const append = async (id: string, revision: number, event: NewEvent): Promise<void> => {
    const commandId = randomUUID();
    const occurredAt = REGISTERED_AT;
    const metadata = { commandId, commandHash: '', actor: 'ana', correlationId: commandId, causationId: commandId, occurredAt };
    await log.append({ type: 'lead', id }, revision === 0 ? 'none' : revision - 1, [{ ...event, id: randomUUID(), metadata }]);
  };
  const all = (revision: number, event: (index: number) => NewEvent): Promise<unknown> =>
    Promise.all(ids.map((id, index) => append(id, revision, event(index))));
  try {
    const contact = { company: null, email: null, phone: null, interest: null };
    await all(0, (index) => LeadRegistered({ name: `Lead ${index}`, ...contact, origin: 'fair', campaignId: null, ownerId: 'ana' }));
    const owners = ['ana', 'bob', 'eve'];
    for (let turn = 1; turn <= assignments; turn++) {
      await all(turn, () => LeadAssigned({ ownerId: owners[turn % 3] ?? '', fromId: owners[(turn - 1) % 3] ?? '' }));
    }
    const source = { registeredAt: REGISTERED_AT, origin: 'fair', campaignId: null };
    const judged = { temperature: 'warm', score: 50, budget: null, authority: null, need: null, timing: null } as const;
    await all(assignments + 1, () => LeadQualified({ ...judged, source }));
  } finally {
    await log.close();
  }
  return ids;
}
