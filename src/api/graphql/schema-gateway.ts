/**
 * Apollo Server on a schema that changes while it runs: its gateway interface, meant for schemas composed of others, is the one that takes a
 * new schema later. Each request is checked and executed by the schema that it began with.
 */
import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { ApiContext } from './context.js';
import type { ServedSchema } from './served-schema.js';

type Gateway = ApolloServerOptionsWithGateway<ApiContext>['gateway'];

export function schemaGateway(served: ServedSchema): Gateway {
  return {
    // Without an executor of the gateway's own, Apollo executes as it does on a schema that stays: one would cost a list a seventh of its speed.
    load: async () => ({ executor: null }),
    onSchemaLoadOrUpdate: (listener) => {
      const tell = (apiSchema: GraphQLSchema): void => listener({ apiSchema, coreSupergraphSdl: '' });
      tell(served.current());
      return served.onReplace(tell);
    },
    stop: async () => undefined,
  };
}
