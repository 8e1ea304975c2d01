/** Events after which sealed fields are withheld: their keys are dropped. */
import { event, type EventDefinition } from './event.js';
import { Choice, List, Text, type Fields } from './fields/index.js';

export const ErasureGround = Choice('ErasureGround', 'Why personal data is erased.', {
  request: 'The person asked for it.',
  'consent withdrawn': 'The person withdrew the consent that it was kept by.',
  'no longer needed': 'What it was kept for is over, or the time to keep it is.',
  unlawful: 'It should not have been kept.',
});

/** The ids of keys, which the log fills in when it appends the event. */
const keys = {
  keys: List(Text(16).open('It is random.'), 100_000).describe('The ids of the keys that are dropped.'),
};

/** The fields of an event that erases, of which the log fills in the keys. */
export type Erasing<F extends Fields> = F & typeof keys;

/**
 * Declares an event that erases all sealed fields of its stream so far: every part under one of its keys is withheld from then on.
 * @param type in the past tense, as of `event`
 */
export function erasure<Type extends string, F extends Fields>(
  type: Type,
  description: string,
  fields: F,
): EventDefinition<Type, Erasing<F>> {
  return withholding('erased', event(type, description, { ...fields, ...keys }));
}

/** Declares an event that says which keys were lost. */
export function loss<Type extends string, F extends Fields>(type: Type, description: string, fields: F): EventDefinition<Type, Erasing<F>> {
  return withholding('lost', event(type, description, { ...fields, ...keys }));
}

function withholding<Type extends string, F extends Fields>(
  why: 'erased' | 'lost',
  definition: EventDefinition<Type, F>,
): EventDefinition<Type, F> {
  return Object.assign(definition, { withholds: why });
}
