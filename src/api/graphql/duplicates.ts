/** Records that are likely the same one twice: shown, not refused. */
import { GraphQLInt, GraphQLList, GraphQLNonNull, type GraphQLObjectType } from 'graphql';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Selection, Where } from '../../views/port/query.js';
import { momentOf, type ApiContext } from './context.js';
import { documentsPage } from './documents-page.js';
import { readFirst } from './errors.js';
import type { Fields } from './types.js';

/** The field `duplicates` of a read model whose documents agree with others on one of these sets of columns. */
export function duplicatesField(model: ReadModelSpec, sets: readonly (readonly string[])[], type: GraphQLObjectType): Fields {
  return {
    duplicates: {
      type: new GraphQLList(new GraphQLNonNull(type)),
      description: `Likely the same one twice: they agree, but for case and accents, on ${sets.map((set) => set.join(' and ')).join(', or ')}.`,
      args: { first: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 20, description: 'From 1 to 500.' } },
      resolve: async (source, { first }: { first: number }, context: ApiContext, info) => {
        const cut = { orderBy: [], first: readFirst(first) };
        const document = source as Document;
        const where = sameAs(document, sets);
        if (!where) return [];
        const moment = momentOf(document);
        const selection: Selection = { where, ...(moment.asOf === undefined ? {} : { asOf: moment.asOf }) };
        const { nodes } = await documentsPage(context, info, model, selection, cut, moment);
        return nodes;
      },
    },
  };
}

/** Other documents that agree with this one on all columns of some set. */
function sameAs(document: Document, sets: readonly (readonly string[])[]): Where | undefined {
  const alternatives = sets.flatMap((set): Where[] => {
    const tests = set.map((column): Where => ({ kind: 'is', column, op: 'agree', value: document[column] as string }));
    return set.every((column) => typeof document[column] === 'string' && document[column] !== '') ? [{ kind: 'and', of: tests }] : [];
  });
  if (alternatives.length === 0) return undefined;
  const itself: Where = { kind: 'key', keys: [String(document['id'])] };
  return {
    kind: 'and',
    of: [
      { kind: 'not', of: itself },
      { kind: 'or', of: alternatives },
    ],
  };
}
