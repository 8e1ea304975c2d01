/** How an opportunity ends, and how an end is undone. */
import { OpportunityLost, OpportunityReopened, OpportunityWon, type OpportunityEvent } from '../../contracts/sales/opportunity.js';
import { OTHER_REASON } from '../../contracts/sales/pipeline.js';
import type { Money } from '../../contracts/values.js';
import { reference, type Reference } from '../kernel/aggregate.js';
import { Command, Existing, type Facts } from '../kernel/command.js';
import { latestDay } from '../kernel/calendar.js';
import { Field } from '../kernel/field.js';
import { Day, MoneyField, Text } from '../kernel/field-type.js';
import { Rejection } from '../kernel/rejection.js';
import { checkAmount } from './amount.js';
import { opportunity, refuseClosed, standing, type Opportunity } from './opportunity.js';
import { lossReasonNamed, pipeline, stageNamed, type Pipeline } from './pipeline.js';

/** Closes an open opportunity as won. */
@Command(opportunity, { may: ['sales'] })
export class WinOpportunity extends Existing {
  @Field(MoneyField, { optional: true, description: "What was agreed; the opportunity's amount when absent." })
  readonly amount?: Money;

  @Field(Day, { optional: true, description: 'The day of the agreement; the day of occurredAt in UTC when absent.' })
  readonly wonOn?: string;

  @Field(Text(2000), { optional: true })
  readonly note?: string;

  decide(opportunity: Opportunity, { occurredAt }: Facts): OpportunityEvent[] {
    refuseClosed(opportunity);
    if (this.amount) checkAmount(this.amount, opportunity.amount.currency, 'amount');
    if (this.wonOn !== undefined && this.wonOn > latestDay(occurredAt)) {
      throw new Rejection('WON_IN_FUTURE', 'wonOn is after occurredAt. A win is recorded when it has happened.', 'wonOn');
    }
    return [
      OpportunityWon({
        amount: this.amount ?? opportunity.amount,
        wonOn: this.wonOn ?? occurredAt.slice(0, 10),
        note: this.note ?? null,
        openedAt: opportunity.openedAt,
        lead: opportunity.lead,
        standing: standing(opportunity),
      }),
    ];
  }
}

/** Closes an open opportunity as lost, for one of the pipeline's reasons or another one. */
@Command(opportunity, { may: ['sales'], looksAt: [pipeline] })
export class LoseOpportunity extends Existing {
  @Field(Text(100), { description: 'One of the pipeline\'s reasons as they are now, or "other".' })
  readonly reason!: string;

  @Field(Text(2000), { optional: true, description: 'Required when the reason is "other".' })
  readonly note?: string;

  override reads(opportunity: Opportunity): { readonly pipeline: Reference<Pipeline> } {
    return { pipeline: reference(pipeline, opportunity.pipelineId, 'id') };
  }

  decide(opportunity: Opportunity, facts: Facts & { readonly pipeline: Pipeline }): OpportunityEvent[] {
    refuseClosed(opportunity);
    const reason = lossReasonNamed(facts.pipeline, this.reason, 'reason');
    if (reason === OTHER_REASON && this.note === undefined) {
      throw new Rejection('NOTE_REQUIRED', 'The reason "other" says nothing by itself. Add a note.', 'note');
    }
    return [
      OpportunityLost({
        reason,
        note: this.note ?? null,
        openedAt: opportunity.openedAt,
        lead: opportunity.lead,
        standing: standing(opportunity),
      }),
    ];
  }
}

/** Opens a won or lost opportunity again; key figures take back what they counted at its end. */
@Command(opportunity, { may: ['sales', 'manager'], looksAt: [pipeline] })
export class ReopenOpportunity extends Existing {
  @Field(Text(100), { optional: true, description: 'A stage of the pipeline as it is now; the one that it was closed in when absent.' })
  readonly stage?: string;

  @Field(Text(2000), { optional: true, description: 'Why.' })
  readonly note?: string;

  override reads(opportunity: Opportunity): { readonly pipeline: Reference<Pipeline> } {
    return { pipeline: reference(pipeline, opportunity.pipelineId, 'id') };
  }

  decide(opportunity: Opportunity, facts: Facts & { readonly pipeline: Pipeline }): OpportunityEvent[] {
    if (!opportunity.closing) throw new Rejection('OPPORTUNITY_OPEN', 'The opportunity is open already.');
    return [
      OpportunityReopened({
        stage: stageNamed(facts.pipeline, this.stage ?? opportunity.stage.name, 'stage'),
        pipelineVersion: facts.pipeline.version,
        note: this.note ?? null,
        was: opportunity.closing,
        openedAt: opportunity.openedAt,
        lead: opportunity.lead,
        standing: standing(opportunity),
      }),
    ];
  }
}
