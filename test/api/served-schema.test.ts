/** The served schema is replaced while requests run: each is answered wholly by the one that it began with. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApolloServer, type GraphQLResponse } from '@apollo/server';
import { buildSchema, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import type { ApiContext } from '../../src/api/graphql/context.js';
import { schemaGateway } from '../../src/api/graphql/schema-gateway.js';
import { ServedSchema } from '../../src/api/graphql/served-schema.js';

/** A version of a read model's type. `found` runs when `lead` is asked for; the fields below it are answered after that. */
function version(name: string, extra: string, found: () => Promise<void> = async () => undefined): GraphQLSchema {
  const told = (text: string) => ({ type: new GraphQLNonNull(GraphQLString), resolve: () => text });
  const lead = new GraphQLObjectType({ name: 'Lead', fields: { name: told(`Ana of ${name}`), [extra]: told(extra) } });
  return new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: {
        lead: {
          type: new GraphQLNonNull(lead),
          resolve: async () => {
            await found();
            return {};
          },
        },
      },
    }),
  });
}

function answerOf({ body }: GraphQLResponse): unknown {
  if (body.kind !== 'single') throw new Error('An answer in parts.');
  const { data, errors } = body.singleResult;
  return errors ? errors.map(({ message }) => message) : JSON.parse(JSON.stringify(data));
}

describe('the served schema', () => {
  let release: () => void;
  let begun: Promise<void>;
  let served: ServedSchema;
  let server: ApolloServer<ApiContext>;

  beforeEach(async () => {
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    begun = new Promise((resolve) => {
      const found = async (): Promise<void> => {
        resolve();
        await released;
      };
      served = new ServedSchema(version('one', 'old', found));
    });
    server = new ApolloServer<ApiContext>({ gateway: schemaGateway(served) });
    await server.start();
  });

  afterEach(() => server.stop());

  const ask = async (query: string): Promise<unknown> => answerOf(await server.executeOperation({ query }));

  it('given a request under way, when it is replaced, then that one ends on the old and the next sees the new', async () => {
    const under = ask('{ lead { name old } }');
    await begun;
    served.replace(version('two', 'fresh'));
    expect(await ask('{ lead { name fresh } }')).toEqual({ lead: { name: 'Ana of two', fresh: 'fresh' } });
    expect(await ask('{ lead { old } }')).toEqual([expect.stringContaining('Cannot query field "old"')]);
    release();
    expect(await under).toEqual({ lead: { name: 'Ana of one', old: 'old' } });
  });

  it('never answers a document that another schema checked', async () => {
    release();
    const query = '{ lead { name } }';
    expect(await ask(query)).toEqual({ lead: { name: 'Ana of one' } });
    served.replace(buildSchema('type Query { lead: String }'));
    expect(await ask(query)).toEqual([expect.stringContaining('must not have a selection')]);
    served.replace(version('three', 'newest'));
    expect(await ask(query)).toEqual({ lead: { name: 'Ana of three' } });
  });

  it('is told to whoever listens, until they have enough', () => {
    const seen: GraphQLSchema[] = [];
    const enough = served.onReplace((schema) => seen.push(schema));
    const second = version('two', 'fresh');
    served.replace(second);
    enough();
    served.replace(version('three', 'newest'));
    expect(seen).toEqual([second]);
  });
});
