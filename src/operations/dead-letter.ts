/**
 * Operators' decisions about dead letters. Each decision is a record in the log, so that it is known for good who decided what, when and
 * why, and every build of the read model has the same documents.
 */
import { DeadLetterSkipped, DeadLettersRetried, deadLetterEvents, retry, skip } from '../../contracts/operations/dead-letter.js';
import { recordType } from '../kernel/record-type.js';

export const deadLetter = recordType<'retried' | 'skipped'>()('deadLetter', deadLetterEvents, {
  begins: { DeadLettersRetried: () => 'retried', DeadLetterSkipped: () => 'skipped' },
  evolves: {},
});

export const RetryDeadLetters = deadLetter.creates('RetryDeadLetters', {
  description: 'Retries the dead letter of one document, or all dead letters of a read model.',
  verb: 'operate',
  input: retry,
  decide: (input) => [DeadLettersRetried(input)],
});

export const SkipDeadLetter = deadLetter.creates('SkipDeadLetter', {
  description: 'Skips an event of a document for good, and retries the later events that it held back.',
  verb: 'operate',
  input: skip,
  decide: (input) => [DeadLetterSkipped(input)],
});
