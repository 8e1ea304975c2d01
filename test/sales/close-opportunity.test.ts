import { describe, it } from '@jest/globals';
import { OpportunityLost, OpportunityOpened, OpportunityReopened, OpportunityWon } from '../../contracts/sales/opportunity.js';
import { PipelineDefined, PipelineRetired, PipelineRevised } from '../../contracts/sales/pipeline.js';
import { LoseOpportunity, ReopenOpportunity, WinOpportunity } from '../../src/sales/close-opportunity.js';
import { opportunity } from '../../src/sales/opportunity.js';
import { at, given } from '../support/domain/given.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const definition = {
  name: 'Shops',
  currency: 'EUR',
  stages: [
    { name: 'Contact', probability: 10, expectedDays: null },
    { name: 'Demo', probability: 50, expectedDays: null },
  ],
  lossReasons: ['price', 'No reply'],
};
const pipeline = PipelineDefined({ version: 1, ...definition, ownerId: 'maria' });
const contact = { name: 'Contact', probability: 10, order: 0 };
const lead = { id: 'l1', source: { registeredAt: '2018-01-15T08:00:00.000Z', origin: 'social', campaignId: null } };
const opened = OpportunityOpened({
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
  lead,
});
const origins = { openedAt: '2018-02-01T09:00:00.000Z', lead };
const standing = {
  pipelineId: 'shops',
  pipelineVersion: 1,
  stage: contact,
  enteredAt: '2018-02-01T09:00:00.000Z',
  ownerId: 'sam',
  amount: eur(90000),
  expectedClose: null,
};
const won = OpportunityWon({ amount: eur(80000), wonOn: '2018-02-20', note: null, ...origins, standing });
const lost = OpportunityLost({ reason: 'price', note: null, ...origins, standing });
const wonAt = '2018-02-20T18:00:00.000Z';

describe('Winning an opportunity', () => {
  it('takes its amount and the day of the event where nothing else is said', () => {
    given(opportunity, [opened])
      .when(WinOpportunity, {}, { occurredAt: '2018-03-01T12:00:00.000Z' })
      .then([OpportunityWon({ amount: eur(90000), wonOn: '2018-03-01', note: null, ...origins, standing })]);
  });

  it('takes what was agreed, and when', () => {
    given(opportunity, [opened])
      .when(WinOpportunity, { amount: eur(80000), wonOn: '2018-02-20' })
      .then([won]);
  });

  it('may be agreed where it is tomorrow already, but not later', () => {
    given(opportunity, [opened])
      .when(WinOpportunity, { wonOn: '2018-03-02' }, { occurredAt: '2018-03-01T12:00:00.000Z' })
      .then([OpportunityWon({ amount: eur(90000), wonOn: '2018-03-02', note: null, ...origins, standing })]);
    given(opportunity, [opened])
      .when(WinOpportunity, { wonOn: '2018-03-03' }, { occurredAt: '2018-03-01T12:00:00.000Z' })
      .thenRejected('WON_IN_FUTURE', 'wonOn');
  });

  it('refuses another currency and negative amounts', () => {
    given(opportunity, [opened])
      .when(WinOpportunity, { amount: { amount: 1, currency: 'USD' } })
      .thenRejected('CURRENCY_MISMATCH', 'amount');
    given(opportunity, [opened])
      .when(WinOpportunity, { amount: eur(-1) })
      .thenRejected('AMOUNT_NEGATIVE', 'amount');
  });

  it('happens once, and not after a loss', () => {
    given(opportunity, [opened, won]).when(WinOpportunity).thenRejected('OPPORTUNITY_CLOSED');
    given(opportunity, [opened, lost]).when(WinOpportunity).thenRejected('OPPORTUNITY_CLOSED');
  });
});

describe('Losing an opportunity', () => {
  it("needs one of the pipeline's reasons, however it is spelled", () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(LoseOpportunity, { reason: 'price' })
      .then([lost]);
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(LoseOpportunity, { reason: 'no REPLY' })
      .then([OpportunityLost({ reason: 'No reply', note: null, ...origins, standing })]);
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(LoseOpportunity, { reason: 'weather' })
      .thenRejected('LOSS_REASON_UNKNOWN', 'reason');
  });

  it('may be for another reason, with a note', () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(LoseOpportunity, { reason: 'Other' })
      .thenRejected('NOTE_REQUIRED', 'note');
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(LoseOpportunity, { reason: 'Other', note: 'they closed' })
      .then([OpportunityLost({ reason: 'other', note: 'they closed', ...origins, standing })]);
  });

  it('happens once, and not after a win', () => {
    for (const end of [won, lost]) {
      given(opportunity, [opened, end])
        .knowing({ pipeline: [pipeline] })
        .when(LoseOpportunity, { reason: 'price' })
        .thenRejected('OPPORTUNITY_CLOSED');
    }
  });
});

describe('Reopening an opportunity', () => {
  it('tells the win that it undoes: when, and of what amount', () => {
    given(opportunity, [opened, at(wonAt, won)])
      .knowing({ pipeline: [pipeline] })
      .when(ReopenOpportunity)
      .then([
        OpportunityReopened({
          stage: contact,
          pipelineVersion: 1,
          note: null,
          was: { status: 'won', at: wonAt, amount: eur(80000), reason: null },
          ...origins,
          standing: { ...standing, amount: eur(80000) },
        }),
      ]);
  });

  it('tells the loss that it undoes, and goes to another stage when asked', () => {
    given(opportunity, [opened, at(wonAt, lost)])
      .knowing({ pipeline: [pipeline] })
      .when(ReopenOpportunity, { stage: 'Demo', note: 'they called back' })
      .then([
        OpportunityReopened({
          stage: { name: 'Demo', probability: 50, order: 1 },
          pipelineVersion: 1,
          note: 'they called back',
          was: { status: 'lost', at: wonAt, amount: eur(90000), reason: 'price' },
          ...origins,
          standing,
        }),
      ]);
  });

  it('asks for a stage when its own was dropped meanwhile', () => {
    const revised = PipelineRevised({
      ...definition,
      version: 2,
      stages: definition.stages.slice(1),
      replaced: { version: 1, stages: ['Contact', 'Demo'] },
      moves: [{ from: 'Contact', to: 'Demo' }],
    });
    given(opportunity, [opened, won])
      .knowing({ pipeline: [pipeline, revised] })
      .when(ReopenOpportunity)
      .thenRejected('STAGE_UNKNOWN', 'stage');
  });

  it('works in a retired pipeline: a mistaken end can always be undone', () => {
    given(opportunity, [opened, at(wonAt, lost)])
      .knowing({ pipeline: [pipeline, PipelineRetired({ version: 1, stages: ['Contact', 'Demo'] })] })
      .when(ReopenOpportunity)
      .then([
        OpportunityReopened({
          stage: contact,
          pipelineVersion: 1,
          note: null,
          was: { status: 'lost', at: wonAt, amount: eur(90000), reason: 'price' },
          ...origins,
          standing,
        }),
      ]);
  });

  it('is refused while it is open', () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [pipeline] })
      .when(ReopenOpportunity)
      .thenRejected('OPPORTUNITY_OPEN');
  });
});
