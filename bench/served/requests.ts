/** The GraphQL requests of the benchmark, each with its expected response. */
import type { DealPlot } from '../deal/plot.js';
import { POSITION, type Exchange } from './job.js';
import { answered, FIELDS, firstOf, LIFE_STEPS, stepOf } from './opportunities.js';

/** A request, and the expected data. */
export const exchange = (query: string, variables: object, data: object): Exchange => ({
  body: JSON.stringify({ query, variables }),
  expected: JSON.stringify({ data }),
});

/** A step of an opportunity as a mutation; `position` is selected only if it is needed. */
export function mutationOf(plot: DealPlot, step: number, position = false): Exchange {
  const { command, input } = stepOf(plot, step);
  const { name } = command;
  const field = name.charAt(0).toLowerCase() + name.slice(1);
  return exchange(
    `mutation ($input: ${name}Input!) { ${field}(input: $input) { recordId revision ${position ? 'position ' : ''}userErrors { code } } }`,
    { input },
    { [field]: { recordId: plot.id, revision: step, ...(position ? { position: POSITION } : {}), userErrors: [] } },
  );
}

/** The query for an opportunity that was just opened, at its minimum position. */
export function probeOf({ id }: DealPlot): Exchange {
  return exchange(
    'query ($id: ID!, $min: Position!) { opportunity(id: $id, minPosition: $min) { id revision } }',
    { id, min: POSITION },
    { opportunity: { id, revision: 0 } },
  );
}

/** All steps of an opportunity, in order. */
export function lifeOf(plot: DealPlot): readonly Exchange[] {
  return Array.from({ length: LIFE_STEPS }, (_, step) => mutationOf(plot, step));
}

/** One record by id. @param min the minimum position, if any */
export function oneOf(plot: DealPlot, min?: string): Exchange {
  const query = `query ($id: ID!, $min: Position) { opportunity(id: $id, minPosition: $min) { ${FIELDS} } }`;
  return exchange(query, { id: plot.id, min }, { opportunity: answered(plot) });
}

/** The first opportunities of a stage, by descending amount. */
export function listOf(plots: readonly DealPlot[], stage: string, first: number): Exchange {
  return exchange(
    `query ($stage: String!, $first: Int!) {
      opportunities(where: { stageName: { eq: $stage } }, orderBy: [{ field: AMOUNT, direction: DESC, currency: "EUR" }], first: $first) { nodes { ${FIELDS} } }
    }`,
    { stage, first },
    { opportunities: { nodes: firstOf(plots, stage, first).map(answered) } },
  );
}

/** The number of opportunities, and the totals won and lost. */
export function totalsOf(plots: readonly DealPlot[], currency: string): Exchange {
  const sum = (won: boolean) => {
    const amounts = plots.filter((plot) => plot.won === won).map(({ amount }) => amount);
    return { count: amounts.length, amounts: [{ amount: String(amounts.reduce((a, b) => a + b, 0)), currency }] };
  };
  const [won, lost] = [sum(true), sum(false)];
  return exchange(
    '{ opportunities(first: 1) { totalCount } salesKpisSummary { total { opened won lost wonAmount { amount currency } lostAmount { amount currency } } } }',
    {},
    {
      opportunities: { totalCount: plots.length },
      salesKpisSummary: {
        total: { opened: plots.length, won: won.count, lost: lost.count, wonAmount: won.amounts, lostAmount: lost.amounts },
      },
    },
  );
}

/** The same queries for the plain server. */
export const plain = {
  one: (plot: DealPlot): Exchange =>
    exchange(`query ($id: ID!) { opportunity(id: $id) { ${FIELDS} } }`, { id: plot.id }, { opportunity: answered(plot) }),
  list: (plots: readonly DealPlot[], stage: string, first: number): Exchange =>
    exchange(
      `query ($stage: String!, $first: Int!) { opportunities(stage: $stage, first: $first) { ${FIELDS} } }`,
      { stage, first },
      { opportunities: firstOf(plots, stage, first).map(answered) },
    ),
};
