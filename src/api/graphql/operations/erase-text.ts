/** `eraseText`: erases the texts of any record that has some of its own, of which each record type has a command. */
import { GraphQLEnumType, GraphQLID, GraphQLInt, GraphQLNonNull } from 'graphql';
import { ErasureGround } from '../../../../contracts/erasure.js';
import type { AnyCommandDefinition } from '../../../kernel/command.js';
import { PositionScalar } from '../scalars.js';
import type { Fields, TypeRegistry } from '../types.js';
import { commandIdInput, operationMutation } from './mutation.js';

interface EraseTextInput {
  readonly recordType: string;
  readonly recordId: string;
  readonly ground: string;
}

/** @param commands those that erase texts, one per record type; none: there is no such mutation */
export function textErasure(commands: readonly AnyCommandDefinition[], types: TypeRegistry, userErrors: Fields): readonly Fields[] {
  if (commands.length === 0) return [];
  const recordType = new GraphQLEnumType({
    name: 'TextRecordType',
    description: 'The types of records whose texts can be erased by themselves.',
    values: Object.fromEntries(commands.map(({ record: { type }, description }) => [type, { description }])),
  });
  return [
    operationMutation<EraseTextInput>(
      'eraseText',
      {
        description: 'Erases the texts of a record for good, at every moment of its history. The record stays, and may get new texts.',
        input: {
          recordType: { type: new GraphQLNonNull(recordType), description: 'The type of the record.' },
          recordId: { type: new GraphQLNonNull(GraphQLID), description: 'The id of the record.' },
          ground: { type: new GraphQLNonNull(types.input(ErasureGround.kind)), description: 'Why they are erased.' },
          ...commandIdInput,
        },
        payload: {
          commandId: {
            type: new GraphQLNonNull(GraphQLID),
            description: 'Send it again, with the same input, to repeat the request safely.',
          },
          revision: { type: GraphQLInt, description: 'The revision of the record after the command.' },
          position: { type: PositionScalar, description: 'Read models that reached it, by minPosition, are without the texts.' },
        },
        work: async ({ recordType: type, recordId, ground }, { services, request }, commandId) => {
          const command = commands.find(({ record }) => record.type === type);
          if (!command) throw new TypeError(`No command erases the texts of ${type}.`);
          const { revision, position } = await services.execute(command.from({ id: recordId, ground, commandId }), {
            ...request,
            commandId,
          });
          return { revision, position };
        },
      },
      userErrors,
    ),
  ];
}
