/** The commands that define, revise and retire pipelines. */
import { List, pick, changes, User } from '../../contracts/fields/index.js';
import { fold } from '../../contracts/fold.js';
import {
  pipeline as fields,
  PipelineDefined,
  PipelineRetired,
  PipelineRevised,
  StageMove,
  type Pipeline,
  type Stage,
} from '../../contracts/sales/pipeline.js';
import { rejection } from './rejections.js';
import { changesOf } from '../kernel/revision.js';
import { listed, pipeline, refuseRetired, stageNamed } from './pipeline.js';

export const DefinePipeline = pipeline.creates('DefinePipeline', {
  description: 'Defines a pipeline: its stages in order, and its loss reasons.',
  verb: 'define',
  input: { ...fields, ownerId: User.optional().describe('Defaults to the caller.') },
  decide: (input, { actor }) => {
    checkStages(input.stages);
    checkReasons(input.lossReasons);
    return [PipelineDefined({ ...input, version: 1, ownerId: input.ownerId ?? actor })];
  },
});

export const RevisePipeline = pipeline.changes('RevisePipeline', {
  description: 'Creates a new version of a pipeline. Opportunities in a dropped stage move to the stage given in moves.',
  verb: 'define',
  input: {
    ...changes(pick(fields, 'name', 'stages', 'lossReasons')),
    moves: List(StageMove, 50).default([]).describe('One for each dropped or renamed stage.'),
  },
  decide: (pipeline, { moves, ...input }) => {
    refuseRetired(pipeline, 'id');
    if (input.stages) checkStages(input.stages);
    if (input.lossReasons) checkReasons(input.lossReasons);
    const changed = changesOf(pipeline, input);
    const { name, currency, stages, lossReasons } = { ...pipeline, ...changed };
    const checked = checkedMoves(pipeline, { ...pipeline, stages }, moves);
    if (!changed) return [];
    const replaced = { version: pipeline.version, stages: pipeline.stages.map((stage) => stage.name) };
    return [PipelineRevised({ version: pipeline.version + 1, name, currency, stages, lossReasons, replaced, moves: checked })];
  },
});

export const RetirePipeline = pipeline.changes('RetirePipeline', {
  description: 'Closes a pipeline to new opportunities. Existing ones continue.',
  verb: 'define',
  decide: (pipeline) => {
    refuseRetired(pipeline, 'id');
    return [PipelineRetired({ version: pipeline.version, stages: pipeline.stages.map((stage) => stage.name) })];
  },
});

/** @throws Rejection */
function checkStages(stages: readonly Stage[]): void {
  if (stages.length === 0) throw rejection('PIPELINE_WITHOUT_STAGES', 'A pipeline needs at least one stage.', 'stages');
  refuseRepeated(
    stages.map((stage) => stage.name),
    'PIPELINE_STAGE_REPEATED',
    'stage',
    'stages',
  );
  for (const [index, { name }] of stages.entries()) {
    if (['won', 'lost'].includes(fold(name))) {
      throw rejection(
        'PIPELINE_STAGE_RESERVED',
        'Won and lost are not stages: an opportunity is closed as won or lost.',
        `stages.${index}.name`,
      );
    }
  }
}

/** @throws Rejection */
function checkReasons(reasons: readonly string[]): void {
  if (reasons.length === 0) {
    throw rejection('PIPELINE_WITHOUT_LOSS_REASONS', 'A pipeline needs at least one loss reason.', 'lossReasons');
  }
  refuseRepeated(reasons, 'PIPELINE_LOSS_REASON_REPEATED', 'loss reason', 'lossReasons');
}

type Move = (typeof StageMove)['value'];

/** Every dropped stage needs exactly one move; other moves are mistakes. Names are compared exactly: another spelling is another stage. */
function checkedMoves(before: Pipeline, after: Pipeline, moves: readonly Move[]): Move[] {
  const kept = new Set(after.stages.map((stage) => stage.name));
  const dropped = before.stages.filter((stage) => !kept.has(stage.name)).map((stage) => stage.name);
  for (const [index, { from }] of moves.entries()) {
    if (!dropped.includes(from) || moves.findIndex((move) => move.from === from) !== index) {
      throw rejection(
        'PIPELINE_MOVE_UNEXPECTED',
        `There must be one move for each dropped stage; this revision drops ${dropped.length === 0 ? 'none' : listed(dropped)}.`,
        `moves.${index}.from`,
      );
    }
  }
  const withoutTarget = dropped.filter((name) => !moves.some((move) => move.from === name));
  if (withoutTarget.length > 0) {
    throw rejection('PIPELINE_STAGE_NEEDS_TARGET', `Add moves for the opportunities in ${listed(withoutTarget)}.`, 'moves');
  }
  return moves.map(({ from, to }, index) => ({ from, to: stageNamed(after, to, `moves.${index}.to`).name }));
}

function refuseRepeated(names: readonly string[], code: Parameters<typeof rejection>[0], what: string, field: string): void {
  const folded = names.map(fold);
  const repeated = folded.findIndex((name, index) => folded.indexOf(name) !== index);
  if (repeated >= 0) {
    throw rejection(code, `Each ${what} needs a different name, ignoring case and accents.`, `${field}.${repeated}`);
  }
}
