/** What may be done with a pipeline itself: define, revise, retire it. */
import { PipelineDefined, PipelineRetired, PipelineRevised, type PipelineEvent, type Stage } from '../../contracts/sales/pipeline.js';
import { Command, Creating, Existing, type Facts } from '../kernel/command.js';
import { Field } from '../kernel/field.js';
import { Currency, Int, List, Nested, Text, User } from '../kernel/field-type.js';
import { fold } from '../kernel/fold.js';
import { Rejection } from '../kernel/rejection.js';
import { changesOf } from '../kernel/revision.js';
import { listed, pipeline, refuseRetired, stageNamed, type Pipeline } from './pipeline.js';

/** A stage of a pipeline, in its place in the list. */
export class StageInput {
  @Field(Text(100))
  readonly name!: string;

  @Field(Int(1, 99), { description: 'Of a win, in percent. Won (100) and lost (0) are not among the stages.' })
  readonly probability!: number;

  @Field(Int(1, 3650), { optional: true, description: 'How long an opportunity should stay at most, in days.' })
  readonly expectedDays?: number;
}

/** Where opportunities in a dropped stage go. */
export class StageMove {
  @Field(Text(100), { description: 'The stage that is dropped.' })
  readonly from!: string;

  @Field(Text(100), { description: 'A stage of the new definition.' })
  readonly to!: string;
}

const Stages = List(
  Nested(() => StageInput),
  50,
);
const LossReasons = List(Text(100), 100);

/** Sets up a pipeline: its stages in order, and the reasons for which opportunities in it are lost. */
@Command(pipeline, { may: ['manager'] })
export class DefinePipeline extends Creating {
  @Field(Text(100))
  readonly name!: string;

  @Field(Currency, { description: 'All amounts in the pipeline are in this currency; it stays.' })
  readonly currency!: string;

  @Field(Stages, { description: 'In order; at least one.' })
  readonly stages!: readonly StageInput[];

  @Field(LossReasons, { description: 'At least one. "other" is always allowed besides, and asks for a note.' })
  readonly lossReasons!: readonly string[];

  @Field(User, { optional: true, description: 'Whoever asks, when absent.' })
  readonly owner?: string;

  decide(_: Pipeline, { actor }: Facts): PipelineEvent[] {
    return [
      PipelineDefined({
        version: 1,
        name: this.name,
        currency: this.currency,
        stages: checkedStages(this.stages),
        lossReasons: checkedReasons(this.lossReasons),
        owner: this.owner ?? actor,
      }),
    ];
  }
}

/** Makes a new version of a pipeline. Opportunities that stand in a dropped stage move where the revision says. */
@Command(pipeline, { may: ['manager'] })
export class RevisePipeline extends Existing {
  @Field(Text(100), { optional: true })
  readonly name?: string;

  @Field(Stages, { optional: true, description: 'All stages of the new version, in order.' })
  readonly stages?: readonly StageInput[];

  @Field(LossReasons, { optional: true, description: 'All reasons of the new version.' })
  readonly lossReasons?: readonly string[];

  @Field(
    List(
      Nested(() => StageMove),
      50,
    ),
    { optional: true, description: 'One for each stage that is dropped or renamed.' },
  )
  readonly moves?: readonly StageMove[];

  decide(pipeline: Pipeline): PipelineEvent[] {
    refuseRetired(pipeline, 'id');
    const changes = changesOf(
      pipeline,
      {
        name: this.name,
        stages: this.stages && checkedStages(this.stages),
        lossReasons: this.lossReasons && checkedReasons(this.lossReasons),
      },
      ['name', 'stages', 'lossReasons'],
    );
    const next = { ...pipeline, ...changes };
    const moves = checkedMoves(pipeline, next, this.moves ?? []);
    if (!changes) return [];
    return [
      PipelineRevised({
        version: pipeline.version + 1,
        name: next.name,
        currency: next.currency,
        stages: [...next.stages],
        lossReasons: [...next.lossReasons],
        replaced: { version: pipeline.version, stages: pipeline.stages.map((stage) => stage.name) },
        moves,
      }),
    ];
  }
}

/** Closes a pipeline to new opportunities; those that are in it go on to their end. */
@Command(pipeline, { may: ['manager'] })
export class RetirePipeline extends Existing {
  decide(pipeline: Pipeline): PipelineEvent[] {
    refuseRetired(pipeline, 'id');
    return [PipelineRetired({ version: pipeline.version, stages: pipeline.stages.map((stage) => stage.name) })];
  }
}

function checkedStages(stages: readonly StageInput[]): Stage[] {
  if (stages.length === 0) throw new Rejection('PIPELINE_WITHOUT_STAGES', 'A pipeline needs at least one stage.', 'stages');
  refuseRepeated(
    stages.map((stage) => stage.name),
    'PIPELINE_STAGE_REPEATED',
    'stage',
    'stages',
  );
  for (const [index, { name }] of stages.entries()) {
    if (['won', 'lost'].includes(fold(name))) {
      throw new Rejection('PIPELINE_STAGE_RESERVED', 'Won and lost are how an opportunity ends, not stages of it.', `stages.${index}.name`);
    }
  }
  return stages.map(({ name, probability, expectedDays }) => ({ name, probability, expectedDays: expectedDays ?? null }));
}

function checkedReasons(reasons: readonly string[]): string[] {
  if (reasons.length === 0) {
    throw new Rejection('PIPELINE_WITHOUT_LOSS_REASONS', 'A pipeline needs at least one reason for loss.', 'lossReasons');
  }
  refuseRepeated(reasons, 'PIPELINE_LOSS_REASON_REPEATED', 'reason for loss', 'lossReasons');
  return [...reasons];
}

/** Every dropped stage needs one place to go; a move of anything else is a mistake. Names count as they are written: a new spelling is a new stage. */
function checkedMoves(before: Pipeline, after: Pipeline, moves: readonly StageMove[]): { from: string; to: string }[] {
  const kept = new Set(after.stages.map((stage) => stage.name));
  const dropped = before.stages.filter((stage) => !kept.has(stage.name)).map((stage) => stage.name);
  for (const [index, { from }] of moves.entries()) {
    if (!dropped.includes(from) || moves.findIndex((move) => move.from === from) !== index) {
      throw new Rejection(
        'PIPELINE_MOVE_UNEXPECTED',
        `A move takes opportunities out of one dropped stage; this revision drops ${dropped.length === 0 ? 'none' : listed(dropped)}.`,
        `moves.${index}.from`,
      );
    }
  }
  const homeless = dropped.filter((name) => !moves.some((move) => move.from === name));
  if (homeless.length > 0) {
    throw new Rejection('PIPELINE_STAGE_NEEDS_TARGET', `Say in moves where the opportunities in ${listed(homeless)} go.`, 'moves');
  }
  return moves.map(({ from, to }, index) => ({ from, to: stageNamed(after, to, `moves.${index}.to`).name }));
}

function refuseRepeated(names: readonly string[], code: string, what: string, field: string): void {
  const folded = names.map(fold);
  const repeated = folded.findIndex((name, index) => folded.indexOf(name) !== index);
  if (repeated >= 0) {
    throw new Rejection(code, `Each ${what} has a name of its own, also without case and accents.`, `${field}.${repeated}`);
  }
}
