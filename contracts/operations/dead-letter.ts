/** Dead letter: what an operator decided about documents that wait because an event of theirs could not be taken. */
import { z } from 'zod';
import { event, personal, type EventOf } from '../event.js';

const document = {
  readModel: z.string(),
  version: z.number().int().min(1),
};

/** What waits is tried again: of one document, or of all when `key` is null. */
export const DeadLettersRetried = event('DeadLettersRetried', z.object({ ...document, key: z.string().nullable() }));

/** The event is left out of this document for good, in every build of this version. */
export const DeadLetterSkipped = event(
  'DeadLetterSkipped',
  z.object({ ...document, key: z.string(), eventId: z.uuid(), reason: personal(z.string()) }),
);

export const deadLetterEvents = [DeadLettersRetried, DeadLetterSkipped] as const;
export type DeadLetterEvent = EventOf<typeof deadLetterEvents>;
