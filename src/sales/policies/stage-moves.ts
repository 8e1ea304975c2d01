/** Moves open opportunities out of the stages that a pipeline's revision drops. */
import { PipelineRevised } from '../../../contracts/sales/pipeline.js';
import { opportunities } from '../../../projections/sales/opportunities.js';
import { policy, step } from '../../kernel/policy.js';
import { LeaveDroppedStage } from '../leave-dropped-stage.js';

export const stageMoves = policy({
  name: 'stageMoves',
  from: 'beginning',
  events: [PipelineRevised],
  finds: [opportunities],
  on: {
    async *PipelineRevised({ stream, data: { moves, version } }, { find }) {
      for (const { from, to } of moves) {
        for await (const { id } of find(opportunities, { pipelineId: stream.id, stageName: from, status: 'open' })) {
          yield step(id, LeaveDroppedStage, { id, from, to, version });
        }
      }
    },
  },
});
