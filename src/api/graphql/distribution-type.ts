/** How values are spread, in the contract. */
import { GraphQLFloat, GraphQLInt, GraphQLNonNull, GraphQLObjectType } from 'graphql';
import { mean, quantile, type Distribution } from '../../kernel/distribution.js';

const value = (of: (distribution: Distribution) => number | null, description: string) => ({
  type: GraphQLFloat,
  description,
  resolve: of,
});

export const DistributionType = new GraphQLObjectType<Distribution>({
  name: 'Distribution',
  description: 'How many values there were, and how they were spread. Quantiles are exact for few values, else right to 1 %.',
  fields: {
    count: { type: new GraphQLNonNull(GraphQLInt), description: 'How many values there were.' },
    sum: { type: new GraphQLNonNull(GraphQLFloat), description: 'The sum of the values.' },
    mean: value(mean, 'The arithmetic mean; null of nothing.'),
    median: value((distribution) => quantile(distribution, 0.5), 'Half of the values are below it.'),
    p90: value((distribution) => quantile(distribution, 0.9), 'Nine of ten values are below it.'),
  },
});
