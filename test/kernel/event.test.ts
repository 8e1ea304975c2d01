import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { event, upcast } from '../../contracts/event.js';
import { Int, Text } from '../../contracts/fields/index.js';
import { AccountRegistered } from '../../contracts/parties/account.js';
import { LeadQualified, LeadRegistered } from '../../contracts/sales/lead.js';
import { OpportunityOpened } from '../../contracts/sales/opportunity.js';
import { PipelineDefined } from '../../contracts/sales/pipeline.js';
import { domain } from '../../src/domain.js';
import { parseStreamName, streamName, toCurrent } from '../../src/kernel/event.js';
import { recordedAs } from '../support/domain/given.js';

const instant = '2018-02-01T09:00:00.000Z';
const stream = { type: 'lead', id: 'l1' };

describe('An event type with earlier versions', () => {
  const Registered = event('TestRegistered', 'A test was registered.', { name: Text(20), origin: Text(20).optional(), score: Int() })
    .upcast(1, { name: Text(20), source: Text(20) }, ({ source, ...rest }) => ({
      ...rest,
      origin: source === '' ? null : source,
    }))
    .upcast(2, { name: Text(20), origin: Text(20).optional() }, (data) => ({ ...data, score: 0 }));

  it('is written in the last one', () => {
    expect(Registered({ name: 'Ana', origin: null, score: 7 })).toEqual({
      type: 'TestRegistered',
      version: 3,
      data: { name: 'Ana', origin: null, score: 7 },
    });
  });

  it('is read from each of them', () => {
    expect(upcast(Registered, 1, { name: 'Ana', source: '' })).toEqual({ name: 'Ana', origin: null, score: 0 });
    expect(upcast(Registered, 2, { name: 'Ana', origin: 'social' })).toEqual({ name: 'Ana', origin: 'social', score: 0 });
    expect(upcast(Registered, 3, { name: 'Ana', origin: null, score: 7 })).toEqual({ name: 'Ana', origin: null, score: 7 });
  });

  it.each([0, 4, -1, 1.5, Number.NaN])('is not read from version %d, which is invalid or newer', (version) => {
    expect(() => upcast(Registered, version, {})).toThrow(/knows 1 to 3/);
  });

  it('does not read data that is invalid in its version or after the upcast', () => {
    expect(() => upcast(Registered, 1, { name: 'Ana' })).toThrow();
    const Broken = event('TestBroken', 'A test broke.', { name: Text(20) }).upcast(1, { id: Text(20) }, (data) => data);
    expect(() => upcast(Broken, 1, { id: 'a' })).toThrow();
  });

  it('declares them in order, without a gap', () => {
    expect(() => event('TestGap', 'A test has a gap.', {}).upcast(2, {}, (data) => data)).toThrow(/next is from version 1, not 2/);
  });
});

describe('An event read from the log', () => {
  const registered = LeadRegistered({
    name: 'Ana',
    company: null,
    email: null,
    phone: null,
    interest: null,
    origin: null,
    campaignId: null,
    ownerId: 'sam',
  });

  it('is unchanged, when it has the current version', () => {
    const recorded = recordedAs(registered, stream, 0, 1, instant);
    expect(toCurrent(recorded, domain.definitions)).toBe(recorded);
  });

  it('is refused when its type or version is not known to this program', () => {
    expect(() => toCurrent(recordedAs({ ...registered, type: 'LeadTeleported' }, stream, 3, 1, instant), domain.definitions)).toThrow(
      /LeadTeleported.*lead-l1.*3/,
    );
    expect(() => toCurrent(recordedAs({ ...registered, version: 2 }, stream, 0, 1, instant), domain.definitions)).toThrow(/knows 1 to 1/);
  });

  it('has a stream that can be parsed from its name, whatever the id', () => {
    for (const id of ['l1', '0b9f4d6e-5a53-5b1c-8e35-0f5f3a1c9d77', 'a-b--c_']) {
      expect(parseStreamName(streamName({ type: 'lead', id }))).toEqual({ type: 'lead', id });
    }
    expect(() => parseStreamName('lead')).toThrow(RangeError);
    expect(() => parseStreamName('-l1')).toThrow(RangeError);
  });
});

describe('Contracts', () => {
  const source = { registeredAt: instant, origin: null, campaignId: null };
  const judgement = { temperature: 'hot' as const, score: null, budget: null, authority: null, need: null, timing: null, source };
  const pipeline = {
    version: 1,
    name: 'Shops',
    currency: 'EUR',
    stages: [{ name: 'A', probability: 10, expectedDays: null }],
    lossReasons: ['x'],
    ownerId: 'sam',
  };
  const opportunity = {
    name: 'Shop',
    accountId: 'acme',
    contactId: null,
    pipelineId: 'shops',
    pipelineVersion: 1,
    stage: { name: 'A', probability: 10, order: 0 },
    amount: { amount: 1, currency: 'EUR' },
    expectedClose: null,
    campaignId: null,
    note: null,
    ownerId: 'sam',
    lead: null,
  };

  it('accept valid data', () => {
    expect(LeadQualified(judgement).data).toEqual(judgement);
    expect(PipelineDefined(pipeline).data).toEqual(pipeline);
    expect(OpportunityOpened(opportunity).data).toEqual(opportunity);
  });

  it.each([
    ['a score above 100', () => LeadQualified({ ...judgement, score: 101 })],
    ['a time without milliseconds', () => LeadQualified({ ...judgement, source: { ...source, registeredAt: '2018-02-01T09:00:00Z' } })],
    ['a stage that is won', () => PipelineDefined({ ...pipeline, stages: [{ name: 'Won', probability: 100, expectedDays: null }] })],
    ['half a cent', () => OpportunityOpened({ ...opportunity, amount: { amount: 0.5, currency: 'EUR' } })],
    ['a day that is none', () => OpportunityOpened({ ...opportunity, expectedClose: '2018-02-30' })],
    ['an id with a blank', () => OpportunityOpened({ ...opportunity, accountId: 'acme inc' })],
    ['a missing field', () => AccountRegistered({ name: 'Acme' } as never)],
  ])('refuse %s', (_, make) => {
    expect(make).toThrow(z.ZodError);
  });

  it('name their types after their stream type, in the past tense of a command', () => {
    for (const { type, events } of domain.records) {
      expect(type).toMatch(/^[a-z][A-Za-z]*$/);
      for (const definition of events) expect(definition.type).toMatch(new RegExp(`^${type}[A-Z][a-z]+$`, 'i'));
    }
  });
});
