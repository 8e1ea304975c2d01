/** Records that are likely the same one twice: shown, not refused. */
import { GraphQLInt, GraphQLList, GraphQLNonNull, type GraphQLObjectType } from 'graphql';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Selection, Where } from '../../views/query.js';
import { connectionOf } from './connection.js';
import { momentOf, type ApiContext } from './context.js';
import { readFirst } from './errors.js';
import type { Fields } from './types.js';

/** The field `duplicates` of a read model whose documents agree with others on one of these sets of columns. */
export function duplicatesField(model: ReadModelSpec, sets: readonly (readonly string[])[], type: GraphQLObjectType): Fields {
  return {
    duplicates: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type))),
      description: `Likely the same one twice: they agree, but for case and accents, on ${sets.map((set) => set.join(' and ')).join(', or ')}.`,
      args: { first: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 20, description: 'From 1 to 500.' } },
      resolve: async (source, { first }: { first: number }, context: ApiContext, info) => {
        const document = source as Document;
        const where = sameAs(document, sets);
        if (!where) return [];
        const moment = momentOf(document);
        const selection: Selection = { where, ...(moment.asOf === undefined ? {} : { asOf: moment.asOf }) };
        // The record agrees with itself: one more is asked for, since ids are no column to filter by.
        const cut = { orderBy: [], first: readFirst(first) + 1 };
        const { nodes } = await connectionOf(context, info, model, selection, cut, moment);
        return nodes.filter((other) => other['id'] !== document['id']).slice(0, first);
      },
    },
  };
}

/** Documents that agree with this one on all columns of some set: others, and itself. */
function sameAs(document: Document, sets: readonly (readonly string[])[]): Where | undefined {
  const alternatives = sets.flatMap((set): Where[] => {
    const tests = set.map((column): Where => ({ kind: 'is', column, op: 'agree', value: document[column] as string }));
    return set.every((column) => typeof document[column] === 'string' && document[column] !== '') ? [{ kind: 'and', of: tests }] : [];
  });
  return alternatives.length === 0 ? undefined : { kind: 'or', of: alternatives };
}
