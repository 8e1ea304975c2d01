/**
 * The pipeline board: one document for each version and stage of a pipeline, empty stages too. Opportunities keep the version that they
 * were last moved in, so a board is the current stages and those older ones in which something still stands.
 */
import type { OpportunityEvent, StageReached, Standing } from '../../contracts/sales/opportunity.js';
import type { PipelineEvent, Stage } from '../../contracts/sales/pipeline.js';
import type { Money } from '../../contracts/values.js';
import { Day, Flag, Id, Int, List, MoneyField, Nested, Ref, Text } from '../../src/kernel/field-type.js';
import { plus, share } from '../../src/kernel/money.js';
import { compoundKey, projectionOfMany, type Change, type Plain } from '../../src/kernel/projection.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';

/** How many of a stage's opportunities came to it on one day. */
class Arrivals {
  @Column(Day)
  readonly day!: string;

  @Column(Int(1))
  readonly count!: number;
}

@ReadModel('pipelineBoard', { version: 1 })
class BoardDocument {
  @Column(Id)
  readonly id!: string;

  @Column(Ref('pipeline'), { filter: true, dimension: true })
  readonly pipelineId!: string;

  @Column(Text(100), { description: "The pipeline's name in this version." })
  readonly pipelineName!: string;

  @Column(Int(1), { filter: true, dimension: true })
  readonly version!: number;

  @Column(Flag, {
    filter: true,
    dimension: true,
    description: 'Whether new opportunities may come to it: false in older versions and retired pipelines.',
  })
  readonly current!: boolean;

  @Column(Text(100), { filter: true, dimension: true })
  readonly stageName!: string;

  @Column(Int(0), { sort: true, description: 'The place of the stage in the pipeline, from 0.' })
  readonly position!: number;

  @Column(Int(1, 99), { description: 'Of a win, in percent.' })
  readonly probability!: number;

  @Column(Int(1), { optional: true, description: 'How long an opportunity should stay at most, in days.' })
  readonly expectedDays!: number | null;

  @Column(Int(0), { filter: true, measure: true, description: 'The open opportunities that stand here.' })
  readonly count!: number;

  @Column(MoneyField, { measure: true })
  readonly amount!: Money;

  @Column(MoneyField, { measure: true, description: 'Each amount times the probability, rounded to a minor unit, added up.' })
  readonly weightedAmount!: Money;

  @Column(Day, { optional: true, description: 'The day (UTC) on which the one that has stood here longest came.' })
  readonly oldest!: string | null;

  // By day and not by opportunity, so that a stage with very many of them stays one small document.
  @Column(
    List(
      Nested(() => Arrivals),
      3660,
    ),
    { description: 'The days on which those that stand here came, in order.' },
  )
  readonly arrivals!: readonly Plain<Arrivals>[];
}

type Board = Plain<BoardDocument>;

export const pipelineBoard = projectionOfMany<BoardDocument, PipelineEvent | OpportunityEvent>(BoardDocument, {
  PipelineDefined: ({ stream, data }) => stagesOf(stream.id, data),
  PipelineRevised: ({ stream, data }) => [...retired(stream.id, data.replaced), ...stagesOf(stream.id, data)],
  PipelineRetired: ({ stream, data }) => retired(stream.id, data),

  OpportunityOpened: ({ data, metadata }) => [arrival(data.pipelineId, data, data.amount, metadata.occurredAt)],
  OpportunityRevised: ({ data: { amount, standing } }) => (amount ? [repriced(standing, amount)] : []),
  OpportunityAdvanced: ({ data, metadata }) => [
    departure(data.standing),
    arrival(data.standing.pipelineId, data, data.standing.amount, metadata.occurredAt),
  ],
  OpportunityWon: ({ data }) => [departure(data.standing)],
  OpportunityLost: ({ data }) => [departure(data.standing)],
  OpportunityReopened: ({ data, metadata }) => [arrival(data.standing.pipelineId, data, data.standing.amount, metadata.occurredAt)],
});

interface Definition {
  readonly version: number;
  readonly name: string;
  readonly currency: string;
  readonly stages: readonly Stage[];
}

function stagesOf(pipelineId: string, { version, name, currency, stages }: Definition): Change<Board>[] {
  const nothing: Money = { amount: 0, currency };
  return stages.map((stage, position) => {
    const id = keyOf(pipelineId, version, stage.name);
    const document: Board = {
      id,
      pipelineId,
      pipelineName: name,
      version,
      current: true,
      stageName: stage.name,
      position,
      probability: stage.probability,
      expectedDays: stage.expectedDays,
      count: 0,
      amount: nothing,
      weightedAmount: nothing,
      oldest: null,
      arrivals: [],
    };
    return { key: id, to: () => document };
  });
}

function retired(pipelineId: string, { version, stages }: { readonly version: number; readonly stages: readonly string[] }) {
  return stages.map((name) => change(pipelineId, version, name, (stage) => ({ ...stage, current: false })));
}

function arrival(
  pipelineId: string,
  { pipelineVersion, stage: { name } }: { readonly pipelineVersion: number; readonly stage: StageReached },
  amount: Money,
  at: string,
): Change<Board> {
  return change(pipelineId, pipelineVersion, name, (stage) => counted({ ...stage, ...priced(stage, amount, 1) }, at, 1));
}

function departure({ pipelineId, pipelineVersion, stage: { name }, amount, enteredAt }: Standing): Change<Board> {
  return change(pipelineId, pipelineVersion, name, (stage) => counted({ ...stage, ...priced(stage, amount, -1) }, enteredAt, -1));
}

function repriced({ pipelineId, pipelineVersion, stage: { name }, amount: before }: Standing, after: Money): Change<Board> {
  return change(pipelineId, pipelineVersion, name, (stage) => {
    const without = { ...stage, ...priced(stage, before, -1) };
    return { ...without, ...priced(without, after, 1) };
  });
}

/** The amounts with one more opportunity's, or without it. */
function priced(stage: Board, amount: Money, times: 1 | -1): Pick<Board, 'amount' | 'weightedAmount'> {
  return {
    amount: plus(stage.amount, amount, times),
    weightedAmount: plus(stage.weightedAmount, share(amount, stage.probability), times),
  };
}

/** One more, or one less, of those that came at an instant. */
function counted(stage: Board, at: string, times: 1 | -1): Board {
  const day = at.slice(0, 10);
  const before = stage.arrivals.find((one) => one.day === day)?.count ?? 0;
  const arrivals = [...stage.arrivals.filter((one) => one.day !== day), { day, count: before + times }]
    .filter(({ count }) => count > 0)
    .sort((a, b) => (a.day < b.day ? -1 : 1));
  return { ...stage, count: stage.count + times, arrivals, oldest: arrivals[0]?.day ?? null };
}

function change(pipelineId: string, version: number, stageName: string, to: (stage: Board) => Board): Change<Board> {
  const key = keyOf(pipelineId, version, stageName);
  return {
    key,
    to: (stage) => {
      if (!stage) throw new RangeError(`Pipeline ${pipelineId} has no stage of that name in version ${version}.`);
      return to(stage);
    },
  };
}

function keyOf(pipelineId: string, version: number, stageName: string): string {
  return compoundKey(pipelineId, String(version), stageName);
}
