/**
 * The scenario of each deal, computed from its number alone, so that every result can be checked against totals that are independent of logs
 * and read models. 11 events each, 40 owners, 12 months; deals are interleaved in windows of 64.
 */
import { LogCall, LoseDeal, MoveDeal, OpenDeal, WinDeal } from './deal.js';
import type { Command } from '../../src/kernel/command.js';
import { derivedId } from '../../src/kernel/derived-id.js';

export const STAGES = ['Prospect', 'Contact', 'Demo', 'Proposal', 'Negotiation', 'Contract', 'Signature'] as const;

/** What happens at each step of a deal. */
const LIFE = ['open', 'move', 'call', 'move', 'move', 'call', 'move', 'move', 'call', 'move', 'close'] as const;
export type Step = (typeof LIFE)[number];

export const STEPS = LIFE.length;
export const WINDOW = 64;
export const CURRENCY = 'EUR';

const OWNERS = 40;
const YEAR_BEGINS = Date.UTC(2025, 0, 1);
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** The parameters of one deal. */
export interface DealPlot {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly ownerId: string;
  /** In minor units; no two of the first million deals have the same. */
  readonly amount: number;
  /** The first stage, then the one after each move. */
  readonly path: readonly string[];
  readonly won: boolean;
}

/** The deal with a number from 0. */
export function dealPlot(index: number): DealPlot {
  const stride = 1 + (index % (STAGES.length - 1));
  return {
    index,
    id: derivedId('bench', 'deal', String(index)),
    name: `Deal ${index}`,
    accountId: derivedId('bench', 'account', String(index % 1000)),
    ownerId: `owner-${String(index % OWNERS).padStart(2, '0')}`,
    amount: 10_000 + ((index * 7919) % 1_000_003),
    path: Array.from({ length: 7 }, (_, moves) => STAGES[(index + moves * stride) % STAGES.length] ?? ''),
    won: index % 3 !== 0,
  };
}

export function stepAt(step: number): Step {
  const kind = LIFE[step];
  if (!kind) throw new RangeError(`A deal has ${STEPS} steps; there is no ${step}.`);
  return kind;
}

/** How often something happened in the first `steps` steps of a deal. */
export function timesWithin(steps: number, kind: Step): number {
  return LIFE.slice(0, steps).filter((each) => each === kind).length;
}

/** The deals with numbers from 0 on. */
export function dealPlots(deals: number): readonly DealPlot[] {
  return Array.from({ length: deals }, (_, index) => dealPlot(index));
}

/** All steps of these deals in order, one window after the other. */
export function inOrder(plots: readonly DealPlot[]): readonly { readonly plot: DealPlot; readonly step: number }[] {
  return windowsOf(plots).flatMap((window) => Array.from({ length: STEPS }, (_, step) => window.map((plot) => ({ plot, step }))).flat());
}

/** The number of interleaved deals. */
export function windowsOf(plots: readonly DealPlot[]): readonly (readonly DealPlot[])[] {
  return Array.from({ length: Math.ceil(plots.length / WINDOW) }, (_, window) => plots.slice(window * WINDOW, (window + 1) * WINDOW));
}

/** The place of a step in that order, from 0; of lives of `steps` steps. */
export function ordinal(deals: number, deal: number, step: number, steps: number = STEPS): number {
  const first = deal - (deal % WINDOW);
  return first * steps + step * Math.min(WINDOW, deals - first) + (deal - first);
}

/** How many steps of a deal are among the first `count` of all. */
export function stepsWithin(deals: number, deal: number, count: number): number {
  let steps = 0;
  while (steps < STEPS && ordinal(deals, deal, steps) < count) steps++;
  return steps;
}

/** When a step of a deal happened. ISO 8601. */
export function occurredAt(deals: number, deal: number, step: number): string {
  return timeOf(deals, STEPS, deal, step);
}

/** When a step of a deal with `steps` steps happened: all steps are spread evenly over a year. ISO 8601. */
export function timeOf(lives: number, steps: number, life: number, step: number): string {
  return new Date(YEAR_BEGINS + Math.floor((ordinal(lives, life, step, steps) * YEAR_MS) / (lives * steps))).toISOString();
}

/** The command of a step. */
export function commandOf(deals: number, plot: DealPlot, step: number): Command {
  const { id, name, accountId, ownerId, path, won } = plot;
  const kind = stepAt(step);
  const happened = { id, occurredAt: occurredAt(deals, plot.index, step), note: noteOf(plot.index, step, kind) };
  switch (kind) {
    case 'open':
      return OpenDeal({
        ...happened,
        name,
        accountId,
        ownerId,
        stage: stageAfter(path, 0),
        amount: { amount: plot.amount, currency: CURRENCY },
      });
    case 'move':
      return MoveDeal({ ...happened, stage: stageAfter(path, timesWithin(step + 1, 'move')) });
    case 'call':
      return LogCall({ ...happened, minutes: minutesOf(plot.index, step) });
    case 'close':
      return won ? WinDeal(happened) : LoseDeal(happened);
  }
}

/** The stage after a number of moves. @throws RangeError when there are fewer moves */
export function stageAfter(path: readonly string[], moves: number): string {
  const stage = path[moves];
  if (stage === undefined) throw new RangeError(`A deal has ${path.length - 1} moves; there is no ${moves}.`);
  return stage;
}

const TEXT =
  'They asked for the terms of delivery, a second offer with fewer licences, and a call with their lawyer before the end of the month; ' +
  'we promised the drawings, named a price for the first year, and will meet them again with the people who are to use it every day. ';

/** Makes each event's data about 240 bytes of JSON. */
const NOTE_LENGTH: Readonly<Record<Step, number>> = { open: 60, move: 160, call: 190, close: 130 };

function noteOf(index: number, step: number, kind: Step): string {
  const from = (index * 31 + step * 17) % 40;
  return TEXT.slice(from, from + NOTE_LENGTH[kind]).trim();
}

function minutesOf(index: number, step: number): number {
  return 1 + ((index + step) % 45);
}
