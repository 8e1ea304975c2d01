/**
 * Refuses a query whose response would be too large, as a whole and with one error. Fields are nullable, so without this each unresolved
 * field would have the same error. Mutations are excluded: their results must be reported.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import { ANSWER_TOO_LARGE } from './graphql/budget.js';

export const refuseTooLarge: ApolloServerPlugin = {
  requestDidStart: async () => ({
    willSendResponse: async ({ operation, response: { body } }) => {
      if (operation?.operation !== OperationTypeNode.QUERY || body.kind !== 'single') return;
      const error = body.singleResult.errors?.find(({ extensions }) => extensions?.['code'] === ANSWER_TOO_LARGE);
      if (error) body.singleResult = { ...body.singleResult, data: null, errors: [error] };
    },
  }),
};
