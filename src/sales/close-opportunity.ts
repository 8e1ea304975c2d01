/** The commands that close and reopen opportunities. */
import { Day, MoneyField, Text } from '../../contracts/fields/index.js';
import { OpportunityLost, OpportunityReopened, OpportunityWon, type Opportunity } from '../../contracts/sales/opportunity.js';
import { OTHER_REASON } from '../../contracts/sales/pipeline.js';
import { latestDay } from '../kernel/calendar.js';
import { rejection } from './rejections.js';
import { checkAmount } from './amount.js';
import { opportunity, refuseClosed, standing } from './opportunity.js';
import { lossReasonNamed, pipeline, stageNamed } from './pipeline.js';

export const WinOpportunity = opportunity.changes('WinOpportunity', {
  description: 'Closes an open opportunity as won.',
  input: {
    amount: MoneyField.optional().describe("The agreed amount. Defaults to the opportunity's amount."),
    wonOn: Day.optional().describe('The day of the agreement. Defaults to the day of occurredAt in UTC.'),
    note: Text(2000).optional().describe('Notes about the win.'),
  },
  decide: (opportunity, { amount, wonOn, note }, { occurredAt }) => {
    refuseClosed(opportunity);
    if (amount) checkAmount(amount, opportunity.amount.currency, 'amount');
    if (wonOn !== null && wonOn > latestDay(occurredAt)) {
      throw rejection('WON_IN_FUTURE', 'wonOn is after occurredAt. Record the win when it has happened.', 'wonOn');
    }
    return [
      OpportunityWon({
        ...before(opportunity),
        amount: amount ?? opportunity.amount,
        wonOn: wonOn ?? occurredAt.slice(0, 10),
        note,
      }),
    ];
  },
});

export const LoseOpportunity = opportunity.changes('LoseOpportunity', {
  description: 'Closes an open opportunity as lost, for one of the pipeline\'s reasons or "other".',
  input: {
    reason: Text(100).describe('One of the loss reasons of the current version of the pipeline, or "other".'),
    note: Text(2000).optional().describe('Required when the reason is "other".'),
  },
  looksAt: { pipeline },
  reads: ({ pipelineId }) => ({ pipeline: pipelineId }),
  decide: (opportunity, input, { pipeline }) => {
    refuseClosed(opportunity);
    const reason = lossReasonNamed(pipeline, input.reason, 'reason');
    if (reason === OTHER_REASON && input.note === null) {
      throw rejection('NOTE_REQUIRED', 'The reason "other" needs an explanation. Add a note.', 'note');
    }
    return [OpportunityLost({ ...before(opportunity), reason, note: input.note })];
  },
});

export const ReopenOpportunity = opportunity.changes('ReopenOpportunity', {
  description: 'Reopens a won or lost opportunity. Key figures no longer count its closing.',
  verb: 'correct',
  input: {
    stage: Text(100).optional().describe('A stage of the current version of the pipeline. Defaults to the stage in which it was closed.'),
    note: Text(2000).optional().describe('Why it is reopened.'),
  },
  looksAt: { pipeline },
  reads: ({ pipelineId }) => ({ pipeline: pipelineId }),
  decide: (opportunity, { stage, note }, { pipeline }) => {
    const { status, closedAt: at, amount, lossReason: reason } = opportunity;
    if (status === 'open' || at === null) throw rejection('OPPORTUNITY_OPEN', 'The opportunity is already open.');
    return [
      OpportunityReopened({
        ...before(opportunity),
        stage: stageNamed(pipeline, stage ?? opportunity.stage.name, 'stage'),
        pipelineVersion: pipeline.version,
        note,
        was: { status, at, amount, reason },
      }),
    ];
  },
});

/** What each of these events contains about the opportunity before it. */
function before(opportunity: Opportunity) {
  return { openedAt: opportunity.openedAt, lead: opportunity.lead, standing: standing(opportunity) };
}
