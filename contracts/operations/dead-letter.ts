/** An operator's decisions about dead letters: documents with an event that could not be handled. */
import { event, type EventOf } from '../event.js';
import { Int, Text, Uuid } from '../fields/index.js';

/** Long enough for compound keys. */
const Key = Text(2_000).open('It is made of ids.');

const readModel = {
  readModel: Text(100).open('It is a name in the program.').describe('The read model, such as leads.'),
  version: Int(1).describe('The version of the read model.'),
};

export const retry = {
  ...readModel,
  key: Key.optional().describe('The key of the document. Defaults to all dead letters of the read model.'),
};

export const skip = {
  ...readModel,
  key: Key.describe('The key of the document.'),
  eventId: Uuid.describe("The event that can't be handled."),
  reason: Text(1_000).describe('Why it can be skipped.'),
};

export const DeadLettersRetried = event('DeadLettersRetried', 'An operator retried dead letters of a read model.', retry);
export const DeadLetterSkipped = event(
  'DeadLetterSkipped',
  'An operator skipped an event of a document, in every build of this version.',
  skip,
);

export const deadLetterEvents = [DeadLettersRetried, DeadLetterSkipped] as const;
export type DeadLetterEvent = EventOf<typeof deadLetterEvents>;
