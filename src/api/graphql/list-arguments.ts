/** The arguments of lists and summaries that say which documents they are of, and in which order. */
import { GraphQLList, GraphQLNonNull, GraphQLString, type GraphQLFieldConfigArgumentMap } from 'graphql';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { pageArguments } from './connection.js';
import type { Filters } from './filters.js';

/** `where` and `search`. */
export function selectionArguments(filters: Filters, model: ReadModelSpec): GraphQLFieldConfigArgumentMap {
  const searched = model.columns.filter((column) => column.search).map(({ name }) => name);
  return {
    where: { type: filters.where(model), description: 'What all entries must match.' },
    ...(searched.length === 0
      ? {}
      : { search: { type: GraphQLString, description: `Words that all must begin a word of ${searched.join(', ')}.` } }),
  };
}

/** Those of a selection, the order and the page. */
export function listArguments(filters: Filters, model: ReadModelSpec): GraphQLFieldConfigArgumentMap {
  const order = filters.order(model);
  return {
    ...selectionArguments(filters, model),
    ...(order
      ? {
          orderBy: {
            type: new GraphQLList(new GraphQLNonNull(order)),
            description: 'By the first of these, then by the next; ties by id. By id alone when absent.',
          },
        }
      : {}),
    ...pageArguments,
  };
}
