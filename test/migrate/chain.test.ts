/** The hash of a log: the same as somebody else works it out from its definition. */
import { describe, expect, test } from '@jest/globals';
import type { Metadata, RecordedEvent } from '../../src/kernel/event.js';
import { canonical, linked, NO_EVENTS } from '../../src/migrate/chain.js';

const event: RecordedEvent = {
  id: '0190a1b2-0000-4000-8000-000000000001',
  stream: { type: 'lead', id: 'é-1' },
  revision: 0,
  position: 7,
  type: 'LeadRegistered',
  version: 2,
  data: { name: 'Ștefan "Ș"', b: [1, 2.5, null, { z: false, a: 1e21 }], a: {} },
  metadata: { recordedAt: '2026-01-02T03:04:05.678Z', actor: 'ana', commandId: 'c' } as Metadata,
};

describe('the chain over a log', () => {
  test('is that of its definition, worked out by another program', () => {
    const one = linked(NO_EVENTS, canonical(event));
    expect(one).toEqual({ events: 1, hash: 'db7905d3fc02abe1bfbcd5f7619203260c3e56ebce13257cd22d92863a51844a' });
    expect(linked(one, canonical(event))).toEqual({ events: 2, hash: '02bc096830417ed39d3be03277e03f51d47a486e45861bdfd531406063e70245' });
  });

  test('knows neither positions nor the order of fields', () => {
    const data = { a: {}, b: [1, 2.5, null, { a: 1e21, z: false }], name: 'Ștefan "Ș"' };
    expect(canonical({ ...event, data, position: 4_000_000 })).toBe(canonical(event));
  });

  test.each<[string, Partial<RecordedEvent>]>([
    ['id', { id: '0190a1b2-0000-4000-8000-000000000002' }],
    ['stream', { stream: { type: 'lead', id: 'é-2' } }],
    ['revision', { revision: 1 }],
    ['type', { type: 'LeadQualified' }],
    ['version', { version: 1 }],
    ['data', { data: { name: 'Ștefan "Ș"', b: [2.5, 1, null, { z: false, a: 1e21 }], a: {} } }],
    ['times', { metadata: { ...event.metadata, recordedAt: '2026-01-02T03:04:05.679Z' } }],
    ['marks', { metadata: { ...event.metadata, importedAt: '2026-01-02T03:04:05.678Z' } }],
  ])('tells another %s', (_, change) => {
    expect(canonical({ ...event, ...change })).not.toBe(canonical(event));
  });
});
