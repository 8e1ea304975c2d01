/** The expected documents of deals after any number of events, computed from the scenario and not from the events. */
import type { Deal } from './contract.js';
import { emptyMonth, type DealDoc, type MonthDoc } from './read-models.js';
import { CURRENCY, dealPlot, occurredAt, STEPS, stepAt, timesWithin, type DealPlot } from './plot.js';

/** A deal's state after its first `steps` steps, at least one. */
export function stateAfter(plot: DealPlot, steps: number): Deal {
  const moves = timesWithin(steps, 'move');
  return {
    status: statusAfter(plot, steps),
    stage: plot.path[moves] ?? '',
    ownerId: plot.ownerId,
    amount: { amount: plot.amount, currency: CURRENCY },
    moves,
    calls: timesWithin(steps, 'call'),
  };
}

/** A deal's document after its first `steps` steps, at least one. */
export function documentAfter(deals: number, plot: DealPlot, steps: number): DealDoc {
  const moved = Array.from({ length: steps }, (_, step) => step).filter((step) => stepAt(step) === 'open' || stepAt(step) === 'move');
  const stages = moved.map((step, index) => ({ stage: plot.path[index] ?? '', since: occurredAt(deals, plot.index, step) }));
  return {
    id: plot.id,
    name: plot.name,
    ownerId: plot.ownerId,
    status: statusAfter(plot, steps),
    stage: stages.at(-1)?.stage ?? '',
    amount: { amount: plot.amount, currency: CURRENCY },
    calls: timesWithin(steps, 'call'),
    changedAt: occurredAt(deals, plot.index, steps - 1),
    stages,
  };
}

/** The documents by month and owner when all deals are closed. */
export function monthsOf(deals: number): ReadonlyMap<string, MonthDoc> {
  const months = new Map<string, MonthDoc>();
  for (let index = 0; index < deals; index++) {
    const { ownerId, amount, won } = dealPlot(index);
    const month = occurredAt(deals, index, STEPS - 1).slice(0, 7);
    const empty = emptyMonth(month, ownerId);
    const before = months.get(empty.id) ?? empty;
    const plus = (sum: Readonly<Record<string, number>>) => ({ [CURRENCY]: (sum[CURRENCY] ?? 0) + amount });
    months.set(
      empty.id,
      won
        ? { ...before, won: before.won + 1, wonAmount: plus(before.wonAmount) }
        : { ...before, lost: before.lost + 1, lostAmount: plus(before.lostAmount) },
    );
  }
  return months;
}

function statusAfter({ won }: DealPlot, steps: number): 'open' | 'won' | 'lost' {
  if (steps < STEPS) return 'open';
  return won ? 'won' : 'lost';
}
