import { describe, it } from '@jest/globals';
import { OpportunityAdvanced, OpportunityLost, OpportunityOpened } from '../../contracts/sales/opportunity.js';
import { PipelineDefined, PipelineRevised } from '../../contracts/sales/pipeline.js';
import { LeaveDroppedStage } from '../../src/sales/leave-dropped-stage.js';
import { opportunity } from '../../src/sales/opportunity.js';
import { given } from '../support/domain/given.js';

const amount = { amount: 900_00, currency: 'EUR' };
const stageAt = (name: string, order: number) => ({ name, probability: 50, order });
const definition = { name: 'Shops', currency: 'EUR', lossReasons: ['price'] };
const stagesOf = (...names: readonly string[]) => names.map((name) => ({ name, probability: 50, expectedDays: null }));
const defined = PipelineDefined({ ...definition, stages: stagesOf('Contact', 'Demo', 'Offer'), version: 1, ownerId: 'maria' });
const revised = PipelineRevised({
  ...definition,
  stages: stagesOf('Contact', 'Offer'),
  version: 2,
  replaced: { version: 1, stages: ['Contact', 'Demo', 'Offer'] },
  moves: [{ from: 'Demo', to: 'Offer' }],
});
const restored = PipelineRevised({
  ...definition,
  stages: stagesOf('Contact', 'Demo', 'Offer'),
  version: 3,
  replaced: { version: 2, stages: ['Contact', 'Offer'] },
  moves: [],
});
const opened = OpportunityOpened({
  name: 'First shop',
  accountId: 'acme',
  contactId: null,
  pipelineId: 'shops',
  pipelineVersion: 1,
  stage: stageAt('Demo', 1),
  amount,
  expectedClose: null,
  campaignId: null,
  note: null,
  ownerId: 'sam',
  lead: null,
});
const standing = {
  pipelineId: 'shops',
  pipelineVersion: 1,
  stage: stageAt('Demo', 1),
  enteredAt: '2018-02-01T09:00:00.000Z',
  ownerId: 'sam',
  amount,
  expectedClose: null,
};
const leave = { from: 'Demo', to: 'Offer', version: 2 };

describe('Leaving a stage that the pipeline dropped', () => {
  it('moves the opportunity where the revision says', () => {
    given(opportunity, [opened])
      .knowing({ pipeline: [defined, revised] })
      .when(LeaveDroppedStage, leave)
      .then([OpportunityAdvanced({ stage: stageAt('Offer', 1), pipelineVersion: 2, direction: 'across', skipped: 0, standing })]);
  });

  it('does nothing when somebody has moved the opportunity to another stage since', () => {
    const moved = OpportunityAdvanced({ stage: stageAt('Contact', 0), pipelineVersion: 2, direction: 'back', skipped: 0, standing });
    given(opportunity, [opened, moved])
      .knowing({ pipeline: [defined, revised] })
      .when(LeaveDroppedStage, leave)
      .then([]);
  });

  it('does nothing when the opportunity came to a stage of that name in a later version', () => {
    const back = OpportunityAdvanced({ stage: stageAt('Demo', 1), pipelineVersion: 3, direction: 'across', skipped: 0, standing });
    given(opportunity, [opened, back])
      .knowing({ pipeline: [defined, revised, restored] })
      .when(LeaveDroppedStage, leave)
      .then([]);
  });

  it('does nothing when the opportunity has been closed since', () => {
    const lost = OpportunityLost({ reason: 'price', note: null, openedAt: '2018-02-01T09:00:00.000Z', lead: null, standing });
    given(opportunity, [opened, lost])
      .knowing({ pipeline: [defined, revised] })
      .when(LeaveDroppedStage, leave)
      .then([]);
  });
});
