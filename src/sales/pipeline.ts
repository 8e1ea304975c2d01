/** Pipeline: the stages of opportunities. A revision is a new version; opportunities keep the version of their last move. */
import { fold } from '../../contracts/fold.js';
import type { StageReached } from '../../contracts/sales/opportunity.js';
import { OTHER_REASON, pipelineEvents, type Pipeline } from '../../contracts/sales/pipeline.js';
import { recordType } from '../kernel/record-type.js';
import { rejection } from './rejections.js';

export const pipeline = recordType<Pipeline>()('pipeline', pipelineEvents, {
  begins: {
    PipelineDefined: ({ data }) => ({ ...data, status: 'active' }),
  },
  evolves: {
    PipelineRevised: (pipeline, { data: { version, name, stages, lossReasons } }) => ({ ...pipeline, version, name, stages, lossReasons }),
    PipelineRetired: (pipeline) => ({ ...pipeline, status: 'retired' }),
  },
});

/** @throws Rejection when the pipeline is retired. */
export function refuseRetired(pipeline: Pipeline, field: string): void {
  if (pipeline.status === 'retired') throw rejection('PIPELINE_RETIRED', 'The pipeline is retired.', field);
}

/** The stage with a name, ignoring case and accents. @throws Rejection when there is none */
export function stageNamed(pipeline: Pipeline, name: string, field: string): StageReached {
  const wanted = fold(name);
  const order = pipeline.stages.findIndex((stage) => fold(stage.name) === wanted);
  const stage = pipeline.stages[order];
  if (!stage) {
    throw rejection(
      'STAGE_UNKNOWN',
      `${field} is not a stage of the pipeline. Its stages are ${listed(pipeline.stages.map(({ name }) => name))}.`,
      field,
    );
  }
  return { name: stage.name, probability: stage.probability, order };
}

/** The first stage. */
export function firstStage(pipeline: Pipeline): StageReached {
  const [first] = pipeline.stages;
  if (!first) throw new TypeError('The pipeline has no stages.');
  return { name: first.name, probability: first.probability, order: 0 };
}

/** The loss reason as the pipeline spells it, or "other". @throws Rejection when it is neither */
export function lossReasonNamed(pipeline: Pipeline, reason: string, field: string): string {
  const wanted = fold(reason);
  const known = [...pipeline.lossReasons, OTHER_REASON].find((one) => fold(one) === wanted);
  if (known === undefined) {
    throw rejection(
      'LOSS_REASON_UNKNOWN',
      `${field} is not a loss reason of the pipeline. Its loss reasons are ${listed([...pipeline.lossReasons, OTHER_REASON])}.`,
      field,
    );
  }
  return known;
}

/** Names as a list for messages. */
export function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
