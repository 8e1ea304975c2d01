/** The list of shared records to look at after erasures. */
import { erasureReview as fields, settlement } from '../../contracts/parties/erasure-review.js';
import { list } from '../../src/kernel/list.js';
import { erasureReview } from '../../src/parties/erasure-review.js';

export const erasureReviews = list('erasureReviews', erasureReview, {
  version: 1,
  description: 'A record that is about somebody who was erased, to be looked at and emptied by eraseText where it tells of the person.',
  columns: { ...fields, outcome: settlement.outcome.optional().describe('What came of it; null until somebody has looked at it.') },
  filter: ['erasedId', 'sharedId', 'outcome'],
  dimension: ['outcome'],
});
