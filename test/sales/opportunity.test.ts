import { describe, it } from '@jest/globals';
import { LeadConverted, LeadQualified, LeadRegistered } from '../../contracts/sales/lead.js';
import {
  OpportunityAdvanced,
  OpportunityAssigned,
  OpportunityOpened,
  OpportunityRevised,
  OpportunityWon,
} from '../../contracts/sales/opportunity.js';
import { PipelineDefined, PipelineRetired, PipelineRevised } from '../../contracts/sales/pipeline.js';
import { AdvanceOpportunity, AssignOpportunity, OpenOpportunity, opportunity, ReviseOpportunity } from '../../src/sales/opportunity.js';
import { at, given, ID } from '../support/domain/given.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const definition = {
  name: 'Shops',
  currency: 'EUR',
  stages: [
    { name: 'Contact', probability: 10, expectedDays: null },
    { name: 'Demo', probability: 50, expectedDays: null },
    { name: 'Offer', probability: 80, expectedDays: null },
  ],
  lossReasons: ['price'],
};
const pipeline = PipelineDefined({ version: 1, ...definition, ownerId: 'maria' });
const contact = { name: 'Contact', probability: 10, order: 0 };
const demo = { name: 'Demo', probability: 50, order: 1 };
const offer = { name: 'Offer', probability: 80, order: 2 };

const input = { name: 'First shop', accountId: 'acme', pipelineId: 'shops', amount: eur(90000) };
const facts = {
  name: 'First shop',
  accountId: 'acme',
  contactId: null,
  pipelineId: 'shops',
  pipelineVersion: 1,
  stage: contact,
  amount: eur(90000),
  expectedClose: null,
  campaignId: null,
  note: null,
  ownerId: 'sam',
  lead: null,
};
const opened = OpportunityOpened(facts);
const openedAt = '2018-02-01T09:00:00.000Z';
const standing = {
  pipelineId: 'shops',
  pipelineVersion: 1,
  stage: contact,
  enteredAt: openedAt,
  ownerId: 'sam',
  amount: eur(90000),
  expectedClose: null,
};
const won = OpportunityWon({ amount: eur(80000), wonOn: '2018-02-20', note: null, openedAt, lead: null, standing });

const source = { registeredAt: openedAt, origin: 'social', campaignId: 'spring' };
const leadPast = [
  LeadRegistered({
    name: 'Ana',
    company: null,
    email: null,
    phone: null,
    interest: null,
    origin: 'social',
    campaignId: 'spring',
    ownerId: 'sam',
  }),
  LeadQualified({ temperature: 'hot', score: null, budget: null, authority: null, need: null, timing: null, source }),
];
const account = { id: 'acme', existing: true, name: null, kind: null, industry: null, size: null, segment: null, website: null, tags: [] };
const converted = (opportunityId: string | null) =>
  LeadConverted({
    account,
    contact: null,
    opportunity:
      opportunityId === null
        ? null
        : { id: opportunityId, name: 'Ana', pipelineId: 'shops', stage: null, amount: eur(1), expectedClose: null, ownerId: 'sam' },
    ownerId: 'sam',
    source,
  });

describe('Opening an opportunity', () => {
  it("begins in the pipeline's first stage; whoever asks owns it", () => {
    given(opportunity, [])
      .knowing({ pipeline: [pipeline] })
      .when(OpenOpportunity, input, { actor: 'sam' })
      .then([opened]);
  });

  it('keeps everything that is told', () => {
    const told = { stage: 'Demo', contactId: 'bob', expectedClose: '2018-06-30', campaignId: 'autumn', note: 'hurry', ownerId: 'maria' };
    given(opportunity, [])
      .knowing({ pipeline: [pipeline] })
      .when(OpenOpportunity, { ...input, ...told })
      .then([OpportunityOpened({ ...facts, ...told, stage: demo })]);
  });

  it.each([
    ['a retired pipeline', [pipeline, PipelineRetired({ version: 1, stages: [] })], {}, 'PIPELINE_RETIRED', 'pipelineId'],
    ['an unknown stage', [pipeline], { stage: 'Signing' }, 'STAGE_UNKNOWN', 'stage'],
    ['another currency', [pipeline], { amount: { amount: 1, currency: 'RON' } }, 'CURRENCY_MISMATCH', 'amount'],
    ['a negative amount', [pipeline], { amount: eur(-1) }, 'AMOUNT_NEGATIVE', 'amount'],
  ])('refuses %s', (_, past, wrong, code, field) => {
    given(opportunity, [])
      .knowing({ pipeline: past })
      .when(OpenOpportunity, { ...input, ...wrong })
      .thenRejected(code, field);
  });

  it('takes an amount of nothing', () => {
    given(opportunity, [])
      .knowing({ pipeline: [pipeline] })
      .when(OpenOpportunity, { ...input, amount: eur(0), ownerId: 'sam' })
      .then([OpportunityOpened({ ...facts, amount: eur(0) })]);
  });

  it.each([
    ['amount.amount', { amount: { amount: 1.5, currency: 'EUR' } }],
    ['amount.amount', { amount: { amount: '100', currency: 'EUR' } }],
    ['amount', { amount: 100 }],
    ['expectedClose', { expectedClose: '2018-02-30' }],
    ['accountId', { accountId: undefined }],
    // Two of them would make a sum that no read model can hold.
    ['amount.amount', { amount: eur(Number.MAX_SAFE_INTEGER) }],
  ])('names %s when it is wrong', (field, wrong) => {
    given(opportunity, [])
      .knowing({ pipeline: [pipeline] })
      .whenGiven(OpenOpportunity, { ...input, ...wrong })
      .thenInvalid(field);
  });

  it('remembers the lead that it came from, and its campaign', () => {
    for (const id of [ID, null]) {
      given(opportunity, [])
        .knowing({ pipeline: [pipeline], lead: [...leadPast, converted(id)] })
        .when(OpenOpportunity, { ...input, leadId: 'l1', ownerId: 'sam' })
        .then([OpportunityOpened({ ...facts, campaignId: 'spring', lead: { id: 'l1', source } })]);
    }
  });

  it('refuses a lead that was not converted, or has its opportunity already', () => {
    given(opportunity, [])
      .knowing({ pipeline: [pipeline], lead: leadPast })
      .when(OpenOpportunity, { ...input, leadId: 'l1' })
      .thenRejected('LEAD_NOT_CONVERTED', 'leadId');
    given(opportunity, [])
      .knowing({ pipeline: [pipeline], lead: [...leadPast, converted('another')] })
      .when(OpenOpportunity, { ...input, leadId: 'l1' })
      .thenRejected('LEAD_HAS_OPPORTUNITY', 'leadId');
  });
});

describe('Revising an opportunity', () => {
  it('tells what changes and how it stood before', () => {
    given(opportunity, [opened])
      .when(ReviseOpportunity, { name: 'First shop', amount: eur(70000), expectedClose: '2018-06-30' })
      .then([OpportunityRevised({ amount: eur(70000), expectedClose: '2018-06-30', standing })]);
  });

  it('clears with null, and knows the cleared state next time', () => {
    const noted = OpportunityRevised({ note: 'hurry', contactId: 'bob', standing });
    given(opportunity, [opened, noted])
      .when(ReviseOpportunity, { note: null })
      .then([OpportunityRevised({ note: null, standing })]);
    given(opportunity, [opened, noted, OpportunityRevised({ note: null, standing })])
      .when(ReviseOpportunity, { note: null })
      .then([]);
  });

  it('does nothing when nothing changes, in whatever order money is written', () => {
    given(opportunity, [opened])
      .when(ReviseOpportunity, { name: 'First shop', amount: { currency: 'EUR', amount: 90000 } })
      .then([]);
  });

  it('refuses another currency and negative amounts', () => {
    given(opportunity, [opened])
      .when(ReviseOpportunity, { amount: { amount: 1, currency: 'USD' } })
      .thenRejected('CURRENCY_MISMATCH', 'amount');
    given(opportunity, [opened])
      .when(ReviseOpportunity, { amount: eur(-5) })
      .thenRejected('AMOUNT_NEGATIVE', 'amount');
  });

  it('is over once it is closed', () => {
    given(opportunity, [opened, won]).when(ReviseOpportunity, { name: 'Shop' }).thenRejected('OPPORTUNITY_CLOSED');
  });
});

describe('Assigning an opportunity', () => {
  it('tells how it stood under the owner before', () => {
    given(opportunity, [opened])
      .when(AssignOpportunity, { ownerId: 'maria' })
      .then([OpportunityAssigned({ ownerId: 'maria', standing })]);
  });

  it('does nothing for the owner that it has, and is over once it is closed', () => {
    given(opportunity, [opened]).when(AssignOpportunity, { ownerId: 'sam' }).then([]);
    given(opportunity, [opened, won]).when(AssignOpportunity, { ownerId: 'maria' }).thenRejected('OPPORTUNITY_CLOSED');
  });
});

describe('Advancing an opportunity', () => {
  const toDemo = OpportunityAdvanced({ stage: demo, pipelineVersion: 1, direction: 'forward', skipped: 0, standing });
  const inDemo = { ...standing, stage: demo, enteredAt: '2018-02-10T10:00:00.000Z' };

  it('goes to the next stage', () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(AdvanceOpportunity, { stage: 'demo' })
      .then([toDemo]);
  });

  it('may skip stages, which are counted', () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(AdvanceOpportunity, { stage: 'Offer' })
      .then([OpportunityAdvanced({ stage: offer, pipelineVersion: 1, direction: 'forward', skipped: 1, standing })]);
  });

  it('may go back, and tells since when it stood in the stage that it leaves', () => {
    given(opportunity, [opened, at('2018-02-10T10:00:00.000Z', toDemo)])
      .knowing({ pipeline: [pipeline] })
      .when(AdvanceOpportunity, { stage: 'Contact' })
      .then([OpportunityAdvanced({ stage: contact, pipelineVersion: 1, direction: 'back', skipped: 0, standing: inDemo })]);
  });

  it('does nothing when it stands there', () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(AdvanceOpportunity, { stage: 'Contact' })
      .then([]);
  });

  it('follows the newest version of the pipeline, also at the same place', () => {
    const revised = PipelineRevised({
      ...definition,
      version: 2,
      stages: [{ name: 'Contact', probability: 20, expectedDays: null }, ...definition.stages.slice(2)],
      replaced: { version: 1, stages: ['Contact', 'Demo', 'Offer'] },
      moves: [{ from: 'Demo', to: 'Offer' }],
    });
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline, revised] })
      .when(AdvanceOpportunity, { stage: 'Contact' })
      .then([
        OpportunityAdvanced({ stage: { ...contact, probability: 20 }, pipelineVersion: 2, direction: 'across', skipped: 0, standing }),
      ]);
    given(opportunity, [opened, at('2018-02-10T10:00:00.000Z', toDemo)])
      .knowing({ pipeline: [pipeline, revised] })
      .when(AdvanceOpportunity, { stage: 'Offer' })
      .then([
        OpportunityAdvanced({ stage: { ...offer, order: 1 }, pipelineVersion: 2, direction: 'across', skipped: 0, standing: inDemo }),
      ]);
  });

  it('goes on in a retired pipeline', () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline, PipelineRetired({ version: 1, stages: [] })] })
      .when(AdvanceOpportunity, { stage: 'Demo' })
      .then([toDemo]);
  });

  it('refuses an unknown stage, and is over once it is closed', () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(AdvanceOpportunity, { stage: 'Won' })
      .thenRejected('STAGE_UNKNOWN', 'stage');
    given(opportunity, [opened, won])
      .knowing({ pipeline: [pipeline] })
      .when(AdvanceOpportunity, { stage: 'Demo' })
      .thenRejected('OPPORTUNITY_CLOSED');
  });
});
