/** The command that a process manager issues when a pipeline's revision drops a stage. */
import { Int, Text } from '../../contracts/fields/index.js';
import { moved, opportunity } from './opportunity.js';
import { pipeline } from './pipeline.js';

export const LeaveDroppedStage = opportunity.changes('LeaveDroppedStage', {
  description: 'Moves an opportunity out of a dropped stage, unless it has been closed or moved since.',
  verb: 'system',
  input: {
    from: Text(100).describe('The dropped stage.'),
    to: Text(100).describe('A stage of the new version.'),
    version: Int(1).describe('The version of the pipeline that dropped the stage.'),
  },
  looksAt: { pipeline },
  reads: ({ pipelineId }) => ({ pipeline: pipelineId }),
  decide: (opportunity, { from, to, version }, { pipeline }) => {
    // Every move updates the pipeline version of the opportunity.
    const unmoved = opportunity.stage.name === from && opportunity.pipelineVersion < version;
    return opportunity.status === 'open' && unmoved ? moved(opportunity, pipeline, to) : [];
  },
});
