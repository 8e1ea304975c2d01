/** Refuses subscriptions over HTTP. */
import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { ApiContext } from '../graphql/context.js';

const listener: GraphQLRequestListener<ApiContext> = {
  didResolveOperation: async ({ operation }) => {
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
    throw new GraphQLError(
      'A subscription answers many times: it is asked over a websocket on this path, by the protocol graphql-transport-ws.',
      { extensions: { code: 'WEBSOCKET_ONLY', http: { status: 400 } } },
    );
  },
};

export const websocketOnly: ApolloServerPlugin<ApiContext> = { requestDidStart: async () => listener };
