/**
 * What may be decided about a document that waits. Each decision is a record of its own in the log: who decided, when and why is kept as
 * long as everything else, and whoever builds the read model again comes to the same documents.
 */
import { DeadLetterSkipped, DeadLettersRetried, type DeadLetterEvent } from '../../contracts/operations/dead-letter.js';
import { aggregate } from '../kernel/aggregate.js';
import { Command, Creating } from '../kernel/command.js';
import { Field } from '../kernel/field.js';
import { Int, Text, Uuid } from '../kernel/field-type.js';

type DeadLetterDecision = 'none' | 'retried' | 'skipped';

export const deadLetter = aggregate<DeadLetterDecision, DeadLetterEvent>('deadLetter', {
  initial: 'none',
  evolve: { DeadLettersRetried: () => 'retried', DeadLetterSkipped: () => 'skipped' },
});

/** Longest key of a document: keys of several values grow with them. */
const KEY = Text(2_000);

/** Tries again what waits: of one document, or of the whole read model. */
@Command(deadLetter, { may: ['operations'] })
export class RetryDeadLetters extends Creating {
  @Field(Text(100), { description: 'The read model, such as leads.' })
  readonly readModel!: string;

  @Field(Int(1))
  readonly version!: number;

  @Field(KEY, { optional: true, description: 'The document; every one that waits when absent.' })
  readonly key?: string;

  decide(): DeadLetterEvent[] {
    return [DeadLettersRetried({ readModel: this.readModel, version: this.version, key: this.key ?? null })];
  }
}

/** Leaves an event out of a document for good and goes on with what waits behind it. */
@Command(deadLetter, { may: ['operations'] })
export class SkipDeadLetter extends Creating {
  @Field(Text(100), { description: 'The read model, such as leads.' })
  readonly readModel!: string;

  @Field(Int(1))
  readonly version!: number;

  @Field(KEY, { description: 'The document.' })
  readonly key!: string;

  @Field(Uuid, { description: 'The event that can not be taken.' })
  readonly eventId!: string;

  @Field(Text(1_000), { description: 'Why it may be left out.' })
  readonly reason!: string;

  decide(): DeadLetterEvent[] {
    const { readModel, version, key, eventId, reason } = this;
    return [DeadLetterSkipped({ readModel, version, key, eventId, reason })];
  }
}
