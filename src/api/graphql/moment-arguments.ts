/** The arguments of root fields that say which state an answer shows. */
import type { GraphQLFieldConfigArgumentMap } from 'graphql';
import { DateTimeScalar, PositionScalar } from './scalars.js';

/** Which past moment is meant; now when neither is given. */
export const pastArguments: GraphQLFieldConfigArgumentMap = {
  asOf: { type: DateTimeScalar, description: 'As the system knew it at this instant.' },
  asOfPosition: { type: PositionScalar, description: 'As it was after the event at this position.' },
};

export const momentArguments: GraphQLFieldConfigArgumentMap = {
  ...pastArguments,
  minPosition: { type: PositionScalar, description: 'Wait until at least this position shows: read your own write.' },
};
