/**
 * The pipeline board: one document for each stage of each version of a pipeline. Opportunities keep the version of their last move, so
 * a board shows the current stages, and the older ones that still have opportunities.
 */
import { Day, Flag, Int, List, MoneyField, Nested, Ref, type Money, type Of } from '../../contracts/fields/index.js';
import { opportunityEvents, type StageReached, type Standing } from '../../contracts/sales/opportunity.js';
import { pipeline, pipelineEvents, StageName, type Stage } from '../../contracts/sales/pipeline.js';
import { CompoundId } from '../../src/kernel/computed-fields.js';
import { plus, share } from '../../src/kernel/money.js';
import { compoundKey, projectionOfMany, type Change } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';

const Arrivals = Nested('Arrivals', "How many of a stage's opportunities came to it on one day.", {
  day: Day.describe('The day on which they came.'),
  count: Int(1).describe('How many came.'),
});

const columns = {
  id: CompoundId.describe('The id of the pipeline, the version and the name of the stage.'),
  pipelineId: Ref('pipeline').describe('The pipeline.'),
  pipelineName: pipeline.name.describe('The name of the pipeline in this version.'),
  version: Int(1).describe('The version of the pipeline.'),
  current: Flag.describe('Whether opportunities can enter it: false in older versions and retired pipelines.'),
  stageName: StageName.describe('The name of the stage.'),
  order: Int(0).describe('The order of the stage in the pipeline, from 0.'),
  probability: Int(1, 99).describe('The win probability in percent.'),
  expectedDays: Int(1).optional().describe('The maximum time that an opportunity should stay in the stage, in days.'),
  opportunities: Int(0).describe('The number of open opportunities in the stage.'),
  amount: MoneyField.describe('The sum of their amounts.'),
  weightedAmount: MoneyField.describe('The sum of their amounts, each times the probability and rounded to a minor unit.'),
  oldest: Day.optional().describe('The day (UTC) on which the oldest of them entered the stage.'),
  // By day and not by opportunity, so that the document of a stage stays small.
  arrivals: List(Arrivals, 3660).describe('The days (UTC) on which they entered the stage, in order.'),
};

const model = readModel('pipelineBoard', {
  version: 1,
  description: 'A stage of a version of a pipeline, and the open opportunities in it.',
  entry: 'PipelineBoardStage',
  columns,
  filter: ['pipelineId', 'version', 'current', 'stageName', 'opportunities'],
  sort: ['order'],
  dimension: ['pipelineId', 'version', 'current', 'stageName'],
  measure: ['opportunities', 'amount', 'weightedAmount'],
});

type Board = Of<typeof columns>;

export const pipelineBoard = projectionOfMany(model, [...pipelineEvents, ...opportunityEvents], {
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
  return stages.map((stage, order) => {
    const id = keyOf(pipelineId, version, stage.name);
    const document: Board = {
      id,
      pipelineId,
      pipelineName: name,
      version,
      current: true,
      stageName: stage.name,
      order,
      probability: stage.probability,
      expectedDays: stage.expectedDays,
      opportunities: 0,
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

/** The amounts with an opportunity added or removed. */
function priced(stage: Board, amount: Money, times: 1 | -1): Pick<Board, 'amount' | 'weightedAmount'> {
  return {
    amount: plus(stage.amount, amount, times),
    weightedAmount: plus(stage.weightedAmount, share(amount, stage.probability), times),
  };
}

/** Counts an opportunity that entered the stage at an instant, or removes it. */
function counted(stage: Board, at: string, times: 1 | -1): Board {
  const day = at.slice(0, 10);
  const before = stage.arrivals.find((one) => one.day === day)?.count ?? 0;
  const arrivals = [...stage.arrivals.filter((one) => one.day !== day), { day, count: before + times }]
    .filter(({ count }) => count > 0)
    .sort((a, b) => (a.day < b.day ? -1 : 1));
  return { ...stage, opportunities: stage.opportunities + times, arrivals, oldest: arrivals[0]?.day ?? null };
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
