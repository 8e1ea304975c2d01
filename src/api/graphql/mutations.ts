/** One mutation per command: its input, what it answers, and how a refusal reaches the client. */
import { randomUUID } from 'node:crypto';
import { GraphQLID, GraphQLInt, GraphQLNonNull, GraphQLObjectType } from 'graphql';
import type { AnyCommandDefinition } from '../../kernel/command.js';
import type { Outcome } from '../../command-handling/command-handler.js';
import type { ApiContext } from './context.js';
import type { ReadModelFields } from './read-model-fields.js';
import { PositionScalar } from './scalars.js';
import type { Fields, TypeRegistry } from './types.js';
import { userErrorOf, type UserError } from './user-errors.js';

interface Payload {
  readonly commandId: string;
  readonly outcome?: Outcome;
  readonly userErrors: readonly UserError[];
}

/** The mutation fields of these commands. @param userErrors see `userErrorsField` */
export function mutations(
  commands: readonly AnyCommandDefinition[],
  types: TypeRegistry,
  models: ReadModelFields,
  userErrors: Fields,
): Fields {
  return Object.fromEntries(commands.map((command) => [lowered(command.name), mutation(command, types, models, userErrors)]));
}

function mutation(command: AnyCommandDefinition, types: TypeRegistry, models: ReadModelFields, userErrors: Fields): Fields[string] {
  const { name, description, fields } = command;
  const record = models.ofRecord(command.record.type);
  const payload = new GraphQLObjectType<Payload, ApiContext>({
    name: `${name}Payload`,
    description: `What ${lowered(name)} did, or why it was refused.`,
    fields: () => ({
      commandId: {
        type: new GraphQLNonNull(GraphQLID),
        description: 'Send it again, with the same input, to repeat the request safely.',
      },
      recordId: {
        type: GraphQLID,
        description: "The record's id; null when nothing was written.",
        resolve: ({ outcome }) => outcome?.stream.id,
      },
      revision: {
        type: GraphQLInt,
        description: 'The revision of the record after the command.',
        resolve: ({ outcome }) => outcome?.revision,
      },
      position: {
        type: PositionScalar,
        description: 'The position of the log after everything that the command set off: minPosition of a query that must show it.',
        resolve: ({ outcome }) => outcome?.position,
      },
      ...userErrors,
      ...(record?.model.one
        ? {
            [record.model.one]: {
              type: record.type,
              description: 'The record, read at least at position.',
              resolve: ({ outcome }: Payload, _: unknown, context: ApiContext) =>
                outcome ? context.load(record.model, outcome.stream.id, { min: outcome.position }) : null,
            },
          }
        : {}),
    }),
  });
  return {
    type: payload,
    description,
    args: {
      input: {
        type: new GraphQLNonNull(types.inputObject(`${name}Input`, `The input of ${lowered(name)}.`, fields)),
        description: 'What the command needs to know.',
      },
    },
    resolve: async (_, { input }: { input: unknown }, context): Promise<Payload> => {
      const made = command.from(input);
      const commandId = made.commandId?.toLowerCase() ?? randomUUID();
      try {
        const outcome = await context.services.execute(made, { ...context.request, commandId });
        return { commandId, outcome, userErrors: [] };
      } catch (failure) {
        const refusal = userErrorOf(failure);
        if (!refusal) throw failure;
        return { commandId, userErrors: [refusal] };
      }
    },
  };
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
