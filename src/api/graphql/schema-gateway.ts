/**
 * Apollo Server on a schema that changes while it runs: its gateway interface, meant for schemas composed of others, is the one that takes a
 * new schema later and hands each request on with the schema that checked it.
 */
import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import { execute, GraphQLError, OperationTypeNode, type GraphQLSchema } from 'graphql';
import type { ApiContext } from './context.js';
import type { ServedSchema } from './served-schema.js';

type Gateway = ApolloServerOptionsWithGateway<ApiContext>['gateway'];
type Executor = NonNullable<Awaited<ReturnType<Gateway['load']>>['executor']>;

export function schemaGateway(served: ServedSchema): Gateway {
  return {
    load: async () => ({ executor }),
    onSchemaLoadOrUpdate: (listener) => {
      const tell = (apiSchema: GraphQLSchema): void => listener({ apiSchema, coreSupergraphSdl: '' });
      tell(served.current());
      return served.onReplace(tell);
    },
    stop: async () => undefined,
  };
}

/** Executes as Apollo does by itself, on the schema of this request. */
const executor: Executor = async ({ schema, document, operation, request, context }) => {
  if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
    throw new GraphQLError(
      'A subscription answers many times: it is asked over a websocket on this path, by the protocol graphql-transport-ws.',
      {
        extensions: { code: 'WEBSOCKET_ONLY', http: { status: 400 } },
      },
    );
  }
  return execute({
    schema,
    document,
    contextValue: context,
    variableValues: request.variables,
    operationName: request.operationName,
  });
};
