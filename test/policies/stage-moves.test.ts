/** A pipeline's revision drops a stage: the open opportunities in it move where it says, and no others. */
import { describe, it } from '@jest/globals';
import { PipelineRevised } from '../../contracts/sales/pipeline.js';
import { opportunities } from '../../projections/sales/opportunities.js';
import { step } from '../../src/kernel/policy.js';
import { LeaveDroppedStage } from '../../src/sales/leave-dropped-stage.js';
import { stageMoves } from '../../src/sales/policies/stage-moves.js';
import { ID } from '../support/domain/given.js';
import { whenHappened } from '../support/domain/given-policy.js';

const revised = (moves: readonly { readonly from: string; readonly to: string }[]) =>
  PipelineRevised({
    name: 'Standard',
    currency: 'EUR',
    stages: [{ name: 'Offer', probability: 50, expectedDays: null }],
    lossReasons: ['price'],
    version: 2,
    replaced: { version: 1, stages: ['Contacted', 'Demo', 'Offer'] },
    moves,
  });

const inDemo = { pipelineId: ID, stageName: 'Demo', status: 'open' as const };
const dropsDemo = [{ from: 'Demo', to: 'Offer' }];

describe('the moves out of a dropped stage', () => {
  it('moves each open opportunity of the stage', () =>
    whenHappened(stageMoves, revised(dropsDemo))
      .finding(opportunities, [
        { id: 'o2', ...inDemo },
        { id: 'o1', ...inDemo },
      ])
      .then([
        step('o1', LeaveDroppedStage, { id: 'o1', from: 'Demo', to: 'Offer', version: 2 }),
        step('o2', LeaveDroppedStage, { id: 'o2', from: 'Demo', to: 'Offer', version: 2 }),
      ]));

  it('moves those of each dropped stage where that stage says', () =>
    whenHappened(stageMoves, revised([{ from: 'Contacted', to: 'Offer' }, ...dropsDemo]))
      .finding(opportunities, [
        { id: 'o1', ...inDemo },
        { id: 'o2', ...inDemo, stageName: 'Contacted' },
      ])
      .then([
        step('o2', LeaveDroppedStage, { id: 'o2', from: 'Contacted', to: 'Offer', version: 2 }),
        step('o1', LeaveDroppedStage, { id: 'o1', from: 'Demo', to: 'Offer', version: 2 }),
      ]));

  it('leaves those of other stages and other pipelines, and those that are closed', () =>
    whenHappened(stageMoves, revised(dropsDemo))
      .finding(opportunities, [
        { id: 'o1', ...inDemo, stageName: 'Offer' },
        { id: 'o2', ...inDemo, pipelineId: 'other' },
        { id: 'o3', ...inDemo, status: 'lost' },
      ])
      .then([]));

  it('does nothing when no stage is dropped', () => whenHappened(stageMoves, revised([])).then([]));
});
