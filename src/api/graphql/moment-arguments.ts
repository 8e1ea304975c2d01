/** The arguments of root fields that say which state an answer shows. */
import { GraphQLInputObjectType, type GraphQLFieldConfigArgumentMap } from 'graphql';
import { date } from '../../../contracts/fields/scalars.js';
import { DateTimeScalar, PositionScalar, scalarOf } from './scalars.js';

const Moment = new GraphQLInputObjectType({
  name: 'Moment',
  description: 'A moment of the past. One that is still to come means now.',
  isOneOf: true,
  fields: {
    time: { type: DateTimeScalar, description: 'As the system knew it at this instant.' },
    position: { type: PositionScalar, description: 'As it was after the event at this position.' },
    day: {
      type: scalarOf(date),
      description: "As the system knew it at the end of this day in the company's time zone (setting timeZone).",
    },
  },
});

/** Which past moment is meant. */
export const pastArguments: GraphQLFieldConfigArgumentMap = {
  asOf: { type: Moment, description: 'The past moment to show; now when absent.' },
};

export const momentArguments: GraphQLFieldConfigArgumentMap = {
  ...pastArguments,
  minPosition: { type: PositionScalar, description: 'Wait until at least this position can be read: to read your own write.' },
};
