/** Who acts or is responsible. The prefix of an id says whether it is a person, a team, a program from outside, or a process manager. */
import { GraphQLID, GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import type { ApiContext } from './context.js';
import type { Fields } from './types.js';

interface ActorId {
  readonly id: string;
}

const id = { id: { type: new GraphQLNonNull(GraphQLID), description: 'Unique among all actors.' } };

const PROCESS = 'policy:';
const TEAM = 'team:';
const services: readonly string[] = ['import:', 'service:', 'token:'];

/** The name of the object type of an id. */
function typeOf({ id: of }: ActorId): 'Process' | 'Service' | 'Team' | 'User' {
  if (of.startsWith(PROCESS)) return 'Process';
  if (of.startsWith(TEAM)) return 'Team';
  return services.some((prefix) => of.startsWith(prefix)) ? 'Service' : 'User';
}

const Actor = new GraphQLInterfaceType({
  name: 'Actor',
  description: 'Who acts or is responsible: a person, a team, a program from outside, or a process manager.',
  fields: id,
  resolveType: (actor: ActorId) => typeOf(actor),
});

const actorType = (name: string, description: string, fields: Fields = {}) =>
  new GraphQLObjectType<ActorId, ApiContext>({ name, description, interfaces: [Actor], fields: { ...id, ...fields } });

/** The types that implement `Actor`: a schema has to be told of them, since no field names them. */
export const actorTypes: readonly GraphQLObjectType[] = [
  actorType('User', 'A person.'),
  actorType('Team', 'A group of people. Its id begins with "team:".'),
  actorType('Service', 'A program from outside. Its id begins with "import:", "service:" or "token:".'),
  actorType('Process', 'A process manager of Daybook. Its id begins with "policy:".', {
    name: {
      type: new GraphQLNonNull(GraphQLString),
      description: 'Which process manager, such as leadConversion.',
      resolve: (actor) => (actor as ActorId).id.slice(PROCESS.length),
    },
  }),
];

/**
 * The field that gives the actor whose id is in another one: `owner` of `ownerId`.
 * @param idField the field with the id; its name ends with `Id`
 * @param idOf the id in what the field is resolved from
 */
export function actorField(idField: string, idOf: (this: void, source: never) => unknown, required: boolean): Fields {
  return {
    [idField.slice(0, -2)]: {
      type: required ? new GraphQLNonNull(Actor) : Actor,
      description: `The actor with the id in ${idField}.`,
      resolve: (source) => {
        const found = idOf(source as never);
        return typeof found === 'string' ? { id: found } : null;
      },
    },
  };
}
