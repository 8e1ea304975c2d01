/** Pipeline: the stages that opportunities go through. A revision is a new version; opportunities keep the one they were last moved in. */
import { OTHER_REASON, type PipelineEvent, type Stage } from '../../contracts/sales/pipeline.js';
import type { StageReached } from '../../contracts/sales/opportunity.js';
import { aggregate } from '../kernel/aggregate.js';
import { fold } from '../kernel/fold.js';
import { Rejection } from '../kernel/rejection.js';

export interface Pipeline {
  readonly status: 'active' | 'retired';
  readonly version: number;
  readonly name: string;
  readonly currency: string;
  readonly stages: readonly Stage[];
  readonly lossReasons: readonly string[];
}

export const pipeline = aggregate<Pipeline, PipelineEvent>('pipeline', {
  initial: { status: 'active', version: 0, name: '', currency: '', stages: [], lossReasons: [] },
  evolve: {
    PipelineDefined: (_, { data: { version, name, currency, stages, lossReasons } }) => ({
      status: 'active',
      version,
      name,
      currency,
      stages,
      lossReasons,
    }),
    PipelineRevised: (pipeline, { data: { version, name, stages, lossReasons } }) => ({ ...pipeline, version, name, stages, lossReasons }),
    PipelineRetired: (pipeline) => ({ ...pipeline, status: 'retired' }),
  },
});

/** @throws Rejection when nothing new may begin in the pipeline. */
export function refuseRetired(pipeline: Pipeline, field: string): void {
  if (pipeline.status === 'retired') throw new Rejection('PIPELINE_RETIRED', 'The pipeline was retired: nothing new begins in it.', field);
}

/** The stage of that name, compared without case and accents. @throws Rejection when the pipeline has none. */
export function stageNamed(pipeline: Pipeline, name: string, field: string): StageReached {
  const wanted = fold(name);
  const position = pipeline.stages.findIndex((stage) => fold(stage.name) === wanted);
  const stage = pipeline.stages[position];
  if (!stage) {
    throw new Rejection(
      'STAGE_UNKNOWN',
      `${field} is not a stage of the pipeline, which has ${listed(pipeline.stages.map(({ name }) => name))}.`,
      field,
    );
  }
  return { name: stage.name, probability: stage.probability, position };
}

/** The stage in which opportunities begin. */
export function firstStage(pipeline: Pipeline): StageReached {
  const [first] = pipeline.stages;
  if (!first) throw new TypeError('A pipeline has at least one stage; this one was never defined.');
  return { name: first.name, probability: first.probability, position: 0 };
}

/** The reason as the pipeline words it, or "other". @throws Rejection when it is neither. */
export function lossReasonNamed(pipeline: Pipeline, reason: string, field: string): string {
  const wanted = fold(reason);
  const known = [...pipeline.lossReasons, OTHER_REASON].find((one) => fold(one) === wanted);
  if (known === undefined) {
    throw new Rejection(
      'LOSS_REASON_UNKNOWN',
      `${field} is none of the pipeline's: ${listed([...pipeline.lossReasons, OTHER_REASON])}.`,
      field,
    );
  }
  return known;
}

/** Names as a message lists them. */
export function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
