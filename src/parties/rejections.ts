/** The rejection codes of parties. */
import { rejections } from '../kernel/rejection.js';

export const partiesCodes = {
  CONTACT_NEEDS_NAME: 'A contact needs a name, a first name or a last name.',
  ACCOUNT_NOT_ERASABLE: 'The account is a company: only a household is erased.',
  ERASURE_REVIEW_SETTLED: 'The record was looked at before.',
  BIRTH_DATE_IN_FUTURE: 'The birth date is in the future.',
} as const;

export const rejection = rejections(partiesCodes);
