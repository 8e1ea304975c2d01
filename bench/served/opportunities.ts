/**
 * The server's data: real opportunities of the same scenario, as commands and as GraphQL. A real opportunity has no calls; it is
 * revised twice instead, so it has 10 events.
 */
import { dealPlot, CURRENCY, stageAfter, STAGES, timeOf, type DealPlot } from '../deal/plot.js';
import type { AnyCommandDefinition, Command } from '../../src/kernel/command.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import { RegisterAccount } from '../../src/parties/account.js';
import { LoseOpportunity, WinOpportunity } from '../../src/sales/close-opportunity.js';
import { DefinePipeline } from '../../src/sales/define-pipeline.js';
import { AdvanceOpportunity, OpenOpportunity, ReviseOpportunity } from '../../src/sales/opportunity.js';

const LIFE = ['open', 'advance', 'advance', 'revise', 'advance', 'advance', 'advance', 'revise', 'advance', 'close'] as const;
export const LIFE_STEPS = LIFE.length;

const PIPELINE = derivedId('bench', 'pipeline');
const ACCOUNT = derivedId('bench', 'account');
const REASON = 'Price';

/** The commands before all opportunities. */
export function setUp(): readonly Command[] {
  const stages = STAGES.map((name, index) => ({ name, probability: 10 * (index + 1), expectedDays: 14 }));
  return [
    DefinePipeline({ id: PIPELINE, name: 'Bench', currency: CURRENCY, stages, lossReasons: [REASON], ownerId: 'bench' }),
    RegisterAccount({ id: ACCOUNT, name: 'Bench Ltd', ownerId: 'bench' }),
  ];
}

export interface Step {
  readonly command: AnyCommandDefinition;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The opportunity with a number: its scenario under a separate id, so that one log can have several sets of opportunities. */
export function opportunityPlot(index: number, set: string): DealPlot {
  return { ...dealPlot(index), id: derivedId('bench', set, String(index)), name: `${set} ${index}` };
}

/** A step of one of `count` opportunities, from 0. The steps are spread over a year. */
export function stepOfMany(count: number, plot: DealPlot, step: number): Step {
  const { command, input } = stepOf(plot, step);
  return { command, input: { ...input, occurredAt: timeOf(count, LIFE_STEPS, plot.index, step) } };
}

/** A step of an opportunity that happens now, from 0. */
export function stepOf({ id, name, ownerId, amount, path, won, index }: DealPlot, step: number): Step {
  const advances = LIFE.slice(0, step + 1).filter((each) => each === 'advance').length;
  switch (LIFE[step]) {
    case 'open':
      return {
        command: OpenOpportunity,
        input: {
          id,
          name,
          ownerId,
          accountId: ACCOUNT,
          pipelineId: PIPELINE,
          stage: stageAfter(path, 0),
          amount: { amount, currency: CURRENCY },
          expectedClose: expectedClose(index),
        },
      };
    case 'advance':
      return { command: AdvanceOpportunity, input: { id, stage: stageAfter(path, advances) } };
    case 'revise':
      return {
        command: ReviseOpportunity,
        input: { id, note: `Called after step ${step}: they ask for a second offer with fewer licences.` },
      };
    case 'close':
      return won ? { command: WinOpportunity, input: { id } } : { command: LoseOpportunity, input: { id, reason: REASON } };
    default:
      throw new RangeError(`An opportunity has ${LIFE_STEPS} steps; there is no ${step}.`);
  }
}

/** The selected fields. */
export const FIELDS = 'id name stageName status ownerId amount { amount currency } expectedClose revision';

/** These fields of a closed opportunity, as GraphQL returns them. */
export function answered({ id, name, ownerId, amount, path, won, index }: DealPlot) {
  return {
    id,
    name,
    stageName: path.at(-1) ?? '',
    status: won ? 'WON' : 'LOST',
    ownerId,
    amount: { amount: String(amount), currency: CURRENCY },
    expectedClose: expectedClose(index),
    revision: LIFE_STEPS - 1,
  };
}

/** The first opportunities of a stage, by descending amount. */
export function firstOf(plots: readonly DealPlot[], stage: string, first: number): readonly DealPlot[] {
  return plots
    .filter(({ path }) => path.at(-1) === stage)
    .sort((a, b) => b.amount - a.amount)
    .slice(0, first);
}

function expectedClose(index: number): string {
  return new Date(Date.UTC(2026, 0, 1 + (index % 365))).toISOString().slice(0, 10);
}
