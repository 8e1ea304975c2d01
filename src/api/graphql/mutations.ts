/** One mutation per command: its input, what it answers, and how a rule's no reaches the client. */
import { GraphQLID, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import { commandSpec, type CommandClass } from '../../kernel/command.js';
import { fromInput } from '../../kernel/input.js';
import { Rejection } from '../../kernel/rejection.js';
import type { Outcome } from '../../pipeline/command-pipeline.js';
import type { ApiContext } from './context.js';
import type { ReadModelFields } from './read-model-fields.js';
import { PositionScalar } from './scalars.js';
import type { Fields, TypeRegistry } from './types.js';

interface UserError {
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
}

interface Payload {
  readonly commandId: string | null;
  readonly outcome?: Outcome;
  readonly userErrors: readonly UserError[];
}

const UserErrorType = new GraphQLObjectType<UserError>({
  name: 'UserError',
  description: 'A rule that said no. Nothing was written.',
  fields: {
    code: { type: new GraphQLNonNull(GraphQLString), description: 'Stable; docs/errors.md says what to do about each.' },
    field: { type: GraphQLString, description: 'The input field to change, where one can be named.' },
    message: { type: new GraphQLNonNull(GraphQLString) },
  },
});

/** The mutation fields of these commands. */
export function mutations(commands: readonly CommandClass[], types: TypeRegistry, models: ReadModelFields): Fields {
  return Object.fromEntries(commands.map((command) => [lowered(commandSpec(command).name), mutation(command, types, models)]));
}

function mutation(command: CommandClass, types: TypeRegistry, models: ReadModelFields): Fields[string] {
  const { name, aggregate } = commandSpec(command);
  const record = models.ofRecord(aggregate.type);
  const payload = new GraphQLObjectType<Payload, ApiContext>({
    name: `${name}Payload`,
    fields: () => ({
      commandId: {
        type: GraphQLID,
        description: 'What to send again to repeat the request safely.',
        resolve: ({ commandId }) => commandId,
      },
      streamId: { type: GraphQLID, description: "The record's id.", resolve: ({ outcome }) => outcome?.stream.id },
      revision: {
        type: GraphQLInt,
        description: 'Where the record stands after the command.',
        resolve: ({ outcome }) => outcome?.revision,
      },
      position: {
        type: PositionScalar,
        description: 'Where the log stands after all that the command set off.',
        resolve: ({ outcome }) => outcome?.position,
      },
      userErrors: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(UserErrorType))), resolve: ({ userErrors }) => userErrors },
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
    type: new GraphQLNonNull(payload),
    args: { input: { type: new GraphQLNonNull(types.inputObject(command)) } },
    resolve: async (_, { input }: { input: unknown }, context): Promise<Payload> => {
      const made = fromInput(command, input);
      try {
        const outcome = await context.services.execute(made, context.request);
        return { commandId: outcome.commandId, outcome, userErrors: [] };
      } catch (failure) {
        if (!(failure instanceof Rejection)) throw failure;
        const { code, field = null, message } = failure;
        return { commandId: made.commandId ?? null, userErrors: [{ code, field, message }] };
      }
    },
  };
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
