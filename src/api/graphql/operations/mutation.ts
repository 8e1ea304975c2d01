/** The mutations of operators: each takes an input and answers a payload, in which a refusal is a user error. */
import { randomUUID } from 'node:crypto';
import {
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLInputFieldConfigMap,
} from 'graphql';
import { capitalised } from '../type-names.js';
import type { ApiContext } from '../context.js';
import type { Fields } from '../types.js';
import { userErrorOf } from '../user-errors.js';

interface Operation<Input> {
  readonly description: string;
  readonly input: GraphQLInputFieldConfigMap;
  /** The fields of the payload besides `userErrors`. A refusal gives none of them but `commandId`. */
  readonly payload: Fields;
  readonly work: (input: Input, context: ApiContext, commandId: string) => Promise<object>;
}

/** @param userErrors see `userErrorsField` */
export function operationMutation<Input extends object>(
  name: string,
  { description, input, payload, work }: Operation<Input>,
  userErrors: Fields,
): Fields {
  return {
    [name]: {
      type: new GraphQLObjectType({
        name: `${capitalised(name)}Payload`,
        description: `What ${name} did, or why it was refused.`,
        fields: { ...payload, ...userErrors },
      }),
      description,
      args: {
        input: {
          type: new GraphQLNonNull(
            new GraphQLInputObjectType({ name: `${capitalised(name)}Input`, description: `What ${name} needs to know.`, fields: input }),
          ),
          description: 'What the operation needs to know.',
        },
      },
      resolve: async (_, { input: given }: { readonly input: Input }, context) => {
        const sent = 'commandId' in given ? given.commandId : undefined;
        const commandId = typeof sent === 'string' ? sent.toLowerCase() : randomUUID();
        try {
          return { commandId, ...(await work(given, context, commandId)), userErrors: [] };
        } catch (failure) {
          const refusal = userErrorOf(failure);
          if (!refusal) throw failure;
          return { commandId, userErrors: [refusal] };
        }
      },
    },
  };
}

/** The input that makes an operation safe to repeat. */
export const commandIdInput: GraphQLInputFieldConfigMap = {
  commandId: {
    type: GraphQLID,
    description: 'A UUID. Send the same one again to repeat the request safely; made by the server when absent.',
  },
};

/** What names a read model in an input. */
export const readModelInput: GraphQLInputFieldConfigMap = {
  readModel: { type: new GraphQLNonNull(GraphQLString), description: 'The name of the read model, such as leads.' },
};
