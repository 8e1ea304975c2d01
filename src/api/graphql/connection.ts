/** Relay connections: pages of documents with cursors. */
import {
  GraphQLBoolean,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLResolveInfo,
} from 'graphql';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { ListQuery, Selection } from '../../views/query.js';
import { at, type ApiContext, type Moment } from './context.js';

export const PageInfo = new GraphQLObjectType({
  name: 'PageInfo',
  fields: {
    hasNextPage: { type: new GraphQLNonNull(GraphQLBoolean) },
    hasPreviousPage: { type: new GraphQLNonNull(GraphQLBoolean) },
    startCursor: { type: GraphQLString },
    endCursor: { type: GraphQLString },
  },
});

/** A page, and what its total count would be counted over. */
export interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: Document }[];
  readonly nodes: readonly Document[];
  readonly pageInfo: object;
  readonly model: ReadModelSpec;
  readonly selection: Selection;
}

/** What of a list query is not its selection. */
type Cut = Omit<ListQuery, keyof Selection>;

/**
 * Asks for a page.
 * @param info of the field that it answers
 * @throws GraphQLError ANSWER_TOO_LARGE, and what the view port throws
 */
export async function connectionOf(
  context: ApiContext,
  info: GraphQLResolveInfo,
  model: ReadModelSpec,
  selection: Selection,
  cut: Cut,
  moment: Moment,
): Promise<Connection> {
  const { rows, hasNext } = await context.budget.ask(async () => {
    const page = await context.services.views.list(context.build(model), { ...selection, ...cut });
    const found = JSON.parse(page.json) as readonly { readonly cursor: string; readonly document: Document }[];
    context.budget.found(found.length, info, model.columns.length);
    return { rows: found, hasNext: page.hasNext };
  });
  const edges = rows.map(({ cursor, document }) => ({ cursor, node: at(document, moment) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: hasNext,
      hasPreviousPage: cut.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    model,
    selection,
  };
}

export function connectionType(typeName: string, node: GraphQLObjectType): GraphQLObjectType {
  const edge = new GraphQLObjectType({
    name: `${typeName}Edge`,
    fields: { cursor: { type: new GraphQLNonNull(GraphQLString) }, node: { type: new GraphQLNonNull(node) } },
  });
  const list = (type: GraphQLObjectType) => new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
  return new GraphQLObjectType<Connection, ApiContext>({
    name: `${typeName}Connection`,
    fields: {
      edges: { type: list(edge) },
      nodes: { type: list(node) },
      pageInfo: { type: new GraphQLNonNull(PageInfo) },
      totalCount: {
        type: new GraphQLNonNull(GraphQLInt),
        description: 'How many there are in all; counted only when asked for.',
        resolve: ({ model, selection }, _, context) =>
          context.budget.ask(() => context.services.views.count(context.build(model), selection)),
      },
    },
  });
}
