/** Erasure review: a shared record that mentions somebody who was erased, to be looked at. */
import { event } from '../event.js';
import { Choice, Id, Text, type Of } from '../fields/index.js';

const RecordType = Text(50).open('It is a name in the program.');

const ErasureOutcome = Choice('ErasureOutcome', 'What came of looking at a record.', {
  emptied: 'Its texts were erased.',
  kept: 'Nothing in it is about the person.',
});

export const erasureReview = {
  erasedType: RecordType.describe('The type of the record that was erased.'),
  erasedId: Id.describe('The id of the record that was erased.'),
  sharedType: RecordType.describe('The type of the record to look at.'),
  sharedId: Id.describe('The id of the record to look at.'),
};

export const settlement = { outcome: ErasureOutcome.describe('What came of it.') };

export const ErasureReviewRequested = event(
  'ErasureReviewRequested',
  'A record is to be looked at, because it is about somebody who was erased.',
  erasureReview,
);
export const ErasureReviewSettled = event('ErasureReviewSettled', 'A record was looked at after an erasure.', settlement);

export const erasureReviewEvents = [ErasureReviewRequested, ErasureReviewSettled] as const;
export type ErasureReview = Of<typeof erasureReview> & { readonly outcome: (typeof ErasureOutcome)['value'] | null };
