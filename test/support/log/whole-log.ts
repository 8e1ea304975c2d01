/** What must hold of a log that was written under crashes: its order, what was acknowledged, and what process managers owe. */
import { expect } from '@jest/globals';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import type { Done } from '../api/graphql-client.js';

/** Positions grow, revisions have no gap, ids are unique. */
export function expectWhole(events: readonly RecordedEvent[]): void {
  const revisions = new Map<string, number>();
  let position = 0;
  for (const event of events) {
    const name = `${event.stream.type}-${event.stream.id}`;
    expect({ name, revision: event.revision }).toEqual({ name, revision: (revisions.get(name) ?? -1) + 1 });
    expect(event.position).toBeGreaterThan(position);
    revisions.set(name, event.revision);
    position = event.position;
  }
  expect(new Set(events.map(({ id }) => id))).toHaveProperty('size', events.length);
}

/** The event of each command that was answered is there, once, where the answer said. */
export function expectAllThere(events: readonly RecordedEvent[], acknowledged: readonly Done[]): void {
  const byCommand = new Map<string, RecordedEvent[]>();
  for (const event of events) byCommand.set(event.metadata.commandId, [...(byCommand.get(event.metadata.commandId) ?? []), event]);
  for (const { commandId, recordId, revision } of acknowledged) {
    expect(byCommand.get(commandId)).toMatchObject([{ stream: { id: recordId }, revision }]);
  }
}

interface Converted {
  readonly account: { readonly id: string };
  readonly contact: { readonly id: string };
  readonly opportunity: { readonly id: string };
}

/** Whether the process managers have answered every conversion. */
export function isFollowedUp(events: readonly RecordedEvent[]): boolean {
  const count = (wanted: string): number => events.filter(({ type }) => type === wanted).length;
  return count('OpportunityOpened') >= count('LeadConverted');
}

export function expectConversionsToBeComplete(events: readonly RecordedEvent[]): void {
  const conversions = events.filter(({ type }) => type === 'LeadConverted').map(({ data }) => data as Converted);
  expect(conversions.length).toBeGreaterThan(0);
  const idsOf = (wanted: string): readonly string[] => events.filter(({ type }) => type === wanted).map(({ stream }) => stream.id);
  expect([...idsOf('AccountRegistered')].sort()).toEqual(conversions.map(({ account }) => account.id).sort());
  expect([...idsOf('ContactRegistered')].sort()).toEqual(conversions.map(({ contact }) => contact.id).sort());
  expect([...idsOf('OpportunityOpened')].sort()).toEqual(conversions.map(({ opportunity }) => opportunity.id).sort());
}
