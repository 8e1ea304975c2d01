/** The record types of all contexts. Streams are named after them, so a name is never changed. */

/** One entry per record type. A package that adds record types augments this interface. */
export interface RecordTypes {
  readonly account: unknown;
  readonly contact: unknown;
  readonly deadLetter: unknown;
  readonly erasureReview: unknown;
  readonly keys: unknown;
  readonly lead: unknown;
  readonly opportunity: unknown;
  readonly pipeline: unknown;
  readonly policy: unknown;
  readonly policyCommand: unknown;
}

/** The name of a record type: one word in camel case. */
export type RecordTypeName = keyof RecordTypes;
