/** What a process manager asks when a pipeline's revision drops a stage; not among the commands that people may issue. */
import type { OpportunityEvent } from '../../contracts/sales/opportunity.js';
import { reference, type Reference } from '../kernel/aggregate.js';
import { Command, Existing, type Facts } from '../kernel/command.js';
import { Field } from '../kernel/field.js';
import { Int, Text } from '../kernel/field-type.js';
import { moved, opportunity, type Opportunity } from './opportunity.js';
import { pipeline, type Pipeline } from './pipeline.js';

/** Moves an opportunity out of a stage that its pipeline dropped; nothing when it has been closed or moved since. */
@Command(opportunity, { may: [], looksAt: [pipeline] })
export class LeaveDroppedStage extends Existing {
  @Field(Text(100))
  readonly from!: string;

  @Field(Text(100))
  readonly to!: string;

  /** The pipeline's version that came without the stage. */
  @Field(Int(1))
  readonly version!: number;

  override reads(opportunity: Opportunity): { readonly pipeline: Reference<Pipeline> } {
    return { pipeline: reference(pipeline, opportunity.pipelineId, 'id') };
  }

  decide(opportunity: Opportunity, facts: Facts & { readonly pipeline: Pipeline }): OpportunityEvent[] {
    // Whatever moves an opportunity takes it along to the pipeline's version of that day.
    const untouched = opportunity.stage.name === this.from && opportunity.pipelineVersion < this.version;
    return opportunity.status === 'open' && untouched ? moved(opportunity, facts.pipeline, this.to) : [];
  }
}
