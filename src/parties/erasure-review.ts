/** Erasure review: whoever erases a person finds here which shared records are left to be looked at. */
import {
  erasureReview as fields,
  erasureReviewEvents,
  ErasureReviewRequested,
  ErasureReviewSettled,
  settlement,
  type ErasureReview,
} from '../../contracts/parties/erasure-review.js';
import { recordType } from '../kernel/record-type.js';
import { rejection } from './rejections.js';

export const erasureReview = recordType<ErasureReview>()('erasureReview', erasureReviewEvents, {
  begins: { ErasureReviewRequested: ({ data }) => ({ ...data, outcome: null }) },
  evolves: { ErasureReviewSettled: (review, { data }) => ({ ...review, ...data }) },
});

export const RequestErasureReview = erasureReview.creates('RequestErasureReview', {
  description: 'Asks to look at a record, because it is about somebody who was erased.',
  verb: 'system',
  input: fields,
  decide: (input) => [ErasureReviewRequested(input)],
});

export const SettleErasureReview = erasureReview.changes('SettleErasureReview', {
  description: 'Says what came of looking at a record after an erasure.',
  verb: 'correct',
  input: settlement,
  decide: (review, { outcome }) => {
    if (review.outcome !== null) throw rejection('ERASURE_REVIEW_SETTLED', 'The record was looked at before.', 'id');
    return [ErasureReviewSettled({ outcome })];
  },
});
