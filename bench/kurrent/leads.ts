/** Leads registered over HTTP, and their events. */
import { randomUUID } from 'node:crypto';
import { mustEqual } from '../check.js';
import { eventOf } from '../deal/events.js';
import { exchange } from '../served/requests.js';
import type { Exchange } from '../served/job.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import type { Position } from '../../src/kernel/event.js';
import type { EventLog } from '../../src/log/port.js';
import { pagesOf } from '../../src/log/walk.js';
import { lead, RegisterLead } from '../../src/sales/lead.js';
import { appendOf, type Append } from './bare.js';
import type { Place } from './place.js';

const ORIGINS = ['paid search', 'organic search', 'social', 'email', 'referral'];

/** The fields that are sent and queried. */
const FIELDS = 'id name company email phone origin interest ownerId';

export type Lead = ReturnType<typeof leadOf>;

function leadOf(set: string, index: number) {
  return {
    id: derivedId('bench', 'lead', set, String(index)),
    name: `Ana Ionescu ${index}`,
    company: `Ionescu & Sons ${index % 100}`,
    email: `ana.${index}@ionescu.example`,
    phone: `+40 21 555 ${String(1_000 + (index % 9_000))}`,
    origin: ORIGINS[index % ORIGINS.length] ?? '',
    interest: 'Asked for an offer of twelve desks and the lamps that belong to them, to be delivered before the end of the month.',
    ownerId: `owner-${String(index % 40).padStart(2, '0')}`,
  };
}

/** A unique lead. */
export function newLead(): Lead {
  return leadOf(randomUUID(), 0);
}

/** Unique leads in lanes. */
export function newLeads(lanes: number, each: number): readonly (readonly Lead[])[] {
  const set = randomUUID();
  return Array.from({ length: lanes }, (_, lane) => Array.from({ length: each }, (__, turn) => leadOf(set, lane * each + turn)));
}

/** The mutation. @param back whether it queries the record */
export function registration(input: Lead, back: boolean): Exchange {
  return exchange(
    `mutation ($input: RegisterLeadInput!) { registerLead(input: $input) { recordId revision ${back ? `lead { ${FIELDS} } ` : ''}userErrors { code } } }`,
    { input },
    { registerLead: { recordId: input.id, revision: 0, ...(back ? { lead: input } : {}), userErrors: [] } },
  );
}

/** The query for the lead, at a minimum position. */
export function shown(input: Lead, min: Position): Exchange {
  return exchange(
    `query ($id: ID!, $min: Position!) { lead(id: $id, minPosition: $min) { ${FIELDS} revision } }`,
    { id: input.id, min: String(min) },
    { lead: { ...input, revision: 0 } },
  );
}

/** The append that corresponds to the mutation. */
export function registered(place: Place, input: Lead): Append {
  const event = eventOf(RegisterLead(input), undefined, input.id);
  return appendOf(place, { type: lead.type, id: input.id }, 0, event, event.metadata.occurredAt);
}

/** Checks that the events after a position are the registrations of these leads, once each. @returns the last position */
export async function mustBeRegistered(log: EventLog, after: Position, leads: readonly Lead[]): Promise<Position> {
  const found: unknown[] = [];
  let at = after;
  for await (const { events, position } of pagesOf(log, { after })) {
    for (const { stream, revision, type, data } of events) {
      const { campaignId: _, ...facts } = data as Readonly<Record<string, unknown>>;
      found.push({ type, revision, stream: stream.type, ...facts, id: stream.id });
    }
    at = position;
  }
  const byId = (all: readonly unknown[]) => (all as readonly { readonly id: string }[]).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const expected = leads.map((one) => ({ ...one, type: 'LeadRegistered', revision: 0, stream: lead.type }));
  mustEqual('how many leads are in the log', found.length, expected.length);
  const sorted = byId(found);
  for (const [index, one] of byId(expected).entries()) mustEqual('what the log has of a lead', sorted[index], one);
  return at;
}
