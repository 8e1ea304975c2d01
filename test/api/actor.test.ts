/** Actors: the prefix of an id says what kind of actor it is. */
import { describe, expect, it } from '@jest/globals';
import { graphql, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { actorField, actorTypes } from '../../src/api/graphql/actor.js';

const record = new GraphQLObjectType({
  name: 'Query',
  fields: { ownerId: { type: GraphQLString }, ...actorField('ownerId', ({ ownerId }: { readonly ownerId: unknown }) => ownerId, false) },
});
const schema = new GraphQLSchema({ query: record, types: actorTypes });

const ownerOf = async (ownerId: string | null): Promise<unknown> =>
  (await graphql({ schema, source: '{ owner { __typename id ... on Process { name } } }', rootValue: { ownerId } })).data?.['owner'];

describe('The actor of an id', () => {
  it.each([
    ['ana', 'User'],
    ['ana@example.com', 'User'],
    ['policyholder', 'User'],
    ['team:north', 'Team'],
    ['import:olist', 'Service'],
    ['service:website', 'Service'],
    ['token:7f3a', 'Service'],
  ])('%s is a %s', async (id, __typename) => {
    expect(await ownerOf(id)).toEqual({ __typename, id });
  });

  it('is a process with the name of the process manager', async () => {
    expect(await ownerOf('policy:stageMoves')).toEqual({ __typename: 'Process', id: 'policy:stageMoves', name: 'stageMoves' });
  });

  it('is null where there is no id', async () => {
    expect(await ownerOf(null)).toBeNull();
  });
});
