/** The list of opportunities. */
import { Day, Instant, Int, MoneyField, Ref, Text, User } from '../../contracts/fields/index.js';
import { origin } from '../../contracts/sales/lead.js';
import { opportunity as fields, OpportunityStatus, type Opportunity } from '../../contracts/sales/opportunity.js';
import { LossReason, StageName } from '../../contracts/sales/pipeline.js';
import { list } from '../../src/kernel/list.js';
import { share } from '../../src/kernel/money.js';
import { opportunity } from '../../src/sales/opportunity.js';

export const opportunities = list('opportunities', opportunity, {
  version: 1,
  description: 'A possible sale that moves through a pipeline.',
  columns: {
    ...fields,
    status: OpportunityStatus.describe('Whether the opportunity is open, and how it ended.'),
    pipelineId: Ref('pipeline').describe('The pipeline.'),
    pipelineVersion: Int(1).describe('The version of the pipeline at its last move.'),
    enteredAt: Instant.describe('When it entered its stage.'),
    movesBack: Int(0).describe('The number of moves back to an earlier stage.'),
    closedAt: Instant.optional().describe('When it was won or lost.'),
    wonOn: Day.optional().describe('The day of the agreement.'),
    lossReason: LossReason.optional().describe('Why it was lost.'),
    closingNote: Text(2000).optional().describe('The note on the closing.'),
    ownerId: User.describe('The owner.'),
  },
  derived: {
    stageName: StageName.describe('Its stage, or the one in which it was closed.'),
    stageOrder: Int(0).describe('The order of its stage in the pipeline, from 0.'),
    probability: Int(0, 100).describe('The win probability in percent: that of its stage, 100 when won, 0 when lost.'),
    weightedAmount: MoneyField.describe('The amount times the probability.'),
    leadId: Ref('lead').optional().describe('The lead that it came from.'),
    origin: origin.origin.describe('The origin of that lead.'),
  },
  derive: (opportunity) => ({
    stageName: opportunity.stage.name,
    stageOrder: opportunity.stage.order,
    probability: probabilityOf(opportunity),
    weightedAmount: share(opportunity.amount, probabilityOf(opportunity)),
    leadId: opportunity.lead?.id ?? null,
    origin: opportunity.lead?.source.origin ?? null,
  }),
  filter: [
    'status',
    'accountId',
    'contactId',
    'pipelineId',
    'stageName',
    'amount',
    'expectedClose',
    'campaignId',
    'leadId',
    'closedAt',
    'ownerId',
  ],
  sort: ['name', 'amount', 'expectedClose'],
  search: ['name', 'note'],
  dimension: ['status', 'pipelineId', 'stageName', 'origin', 'lossReason', 'ownerId'],
  measure: ['amount', 'weightedAmount', 'movesBack'],
});

function probabilityOf({ status, stage }: Opportunity): number {
  return { open: stage.probability, won: 100, lost: 0 }[status];
}
