/** Relay connections: pages of a list with cursors. */
import { GraphQLBoolean, GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLString, type GraphQLFieldConfigArgumentMap } from 'graphql';
import { badInput, readFirst } from './errors.js';
import { listOf } from './non-null.js';

const PageInfo = new GraphQLObjectType({
  name: 'PageInfo',
  description: 'Where a page lies in its list.',
  fields: {
    hasNextPage: { type: new GraphQLNonNull(GraphQLBoolean), description: 'Whether the list goes on behind the page.' },
    hasPreviousPage: { type: new GraphQLNonNull(GraphQLBoolean), description: 'Whether the page begins after the start of the list.' },
    startCursor: { type: GraphQLString, description: 'The cursor of the first entry; null of an empty page.' },
    endCursor: { type: GraphQLString, description: 'The cursor of the last entry: `after` of the next page. Null of an empty page.' },
  },
});

interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

/** One page. */
export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[];
  readonly nodes: readonly Node[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  /** How many entries the whole list has. */
  readonly totalCount: number | (() => Promise<number>);
}

export interface PageArguments {
  readonly first: number;
  readonly after?: string | null;
}

/** The arguments of every list. */
export const pageArguments: GraphQLFieldConfigArgumentMap = {
  first: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 50, description: 'How many entries at most, from 1 to 500.' },
  after: { type: GraphQLString, description: 'The endCursor of the page before.' },
};

export function connectionType(typeName: string, node: GraphQLObjectType): GraphQLObjectType {
  const edge = new GraphQLObjectType({
    name: `${typeName}Edge`,
    description: 'An entry of a list with its cursor.',
    fields: {
      cursor: { type: new GraphQLNonNull(GraphQLString), description: 'A page can begin after it.' },
      node: { type: new GraphQLNonNull(node), description: 'The entry.' },
    },
  });
  return new GraphQLObjectType({
    name: `${typeName}Connection`,
    description: 'One page of a list.',
    fields: {
      edges: { type: listOf(edge), description: 'The entries with their cursors.' },
      nodes: { type: listOf(node), description: 'The entries without their cursors.' },
      pageInfo: { type: new GraphQLNonNull(PageInfo), description: 'Where the page lies in the list.' },
      totalCount: { type: GraphQLInt, description: 'How many entries the whole list has; counted only when asked for.' },
    },
  });
}

/** A page with these entries. */
export function connectionOf<Node>(
  edges: readonly Edge<Node>[],
  { hasNextPage, hasPreviousPage }: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean },
  totalCount: Connection<Node>['totalCount'],
): Connection<Node> {
  const [startCursor, endCursor] = [edges[0]?.cursor ?? null, edges.at(-1)?.cursor ?? null];
  return { edges, nodes: edges.map(({ node }) => node), pageInfo: { hasNextPage, hasPreviousPage, startCursor, endCursor }, totalCount };
}

/**
 * A page of a short list that is in memory.
 * @param keyOf tells the entries apart
 * @throws GraphQLError when `first` is out of range, or `after` is no cursor of an entry that the list still has
 */
export function pageOf<Node>(all: readonly Node[], { first, after }: PageArguments, keyOf: (node: Node) => string): Connection<Node> {
  const cursorOf = (node: Node): string => Buffer.from(keyOf(node)).toString('base64url');
  const before = after == null ? -1 : all.findIndex((node) => cursorOf(node) === after);
  if (after != null && before < 0) throw badInput('BAD_CURSOR', 'after', 'after is not the cursor of an entry that this list has.');
  const page = all.slice(before + 1, before + 1 + readFirst(first));
  const around = { hasNextPage: before + 1 + page.length < all.length, hasPreviousPage: before >= 0 };
  return connectionOf(
    page.map((node) => ({ cursor: cursorOf(node), node })),
    around,
    all.length,
  );
}
