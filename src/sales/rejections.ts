/** The rejection codes of sales. */
import { rejections } from '../kernel/rejection.js';

export const salesCodes = {
  LEAD_NOT_OPEN: 'Only an open lead can be qualified or disqualified.',
  LEAD_OPEN: 'The lead is already open.',
  LEAD_NOT_QUALIFIED: 'Only a qualified lead can be converted.',
  LEAD_HAS_CONTACT: 'The lead became a contact, and is erased with it.',
  LEAD_CONVERTED: 'The lead was converted and can no longer be changed.',
  CONVERSION_AMBIGUOUS: 'The conversion has both `contact` and `withoutContact`.',
  NOTE_REQUIRED: 'The reason `other` needs an explanation.',
  LEAD_NOT_CONVERTED: 'The opportunity refers to a lead that was not converted.',
  LEAD_HAS_OPPORTUNITY: 'The conversion of this lead already opened an opportunity; a second one would count the lead twice.',
  PIPELINE_WITHOUT_STAGES: 'A pipeline needs at least one stage.',
  PIPELINE_STAGE_REPEATED: 'Two stages have the same name, ignoring case and accents.',
  PIPELINE_STAGE_RESERVED: 'Won and lost are not stages.',
  PIPELINE_WITHOUT_LOSS_REASONS: 'A pipeline needs at least one loss reason besides `other`.',
  PIPELINE_LOSS_REASON_REPEATED: 'Two loss reasons are the same, ignoring case and accents.',
  PIPELINE_STAGE_NEEDS_TARGET: 'The revision drops or renames a stage without a target for its opportunities.',
  PIPELINE_MOVE_UNEXPECTED: 'A move names a stage that the revision does not drop, or that another move also names.',
  PIPELINE_RETIRED:
    "A retired pipeline takes no new opportunities and can't be revised. Its existing opportunities can continue and be reopened.",
  STAGE_UNKNOWN: 'The current version of the pipeline has no such stage. The message lists its stages.',
  LOSS_REASON_UNKNOWN: 'The pipeline has no such loss reason. The message lists its reasons.',
  CURRENCY_MISMATCH: 'All amounts in a pipeline must be in its currency.',
  AMOUNT_NEGATIVE: 'Amounts must be 0 or more.',
  WON_IN_FUTURE: '`wonOn` is later than the day of `occurredAt` in every time zone.',
  OPPORTUNITY_CLOSED: 'A won or lost opportunity can only be reopened.',
  OPPORTUNITY_OPEN: 'The opportunity is already open.',
} as const;

export const rejection = rejections(salesCodes);
