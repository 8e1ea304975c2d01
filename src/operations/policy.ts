/** The positions at which policies started. */
import { Int } from '../../contracts/fields/index.js';
import { policyEvents, PolicyStarted } from '../../contracts/operations/policy.js';
import { recordType } from '../kernel/record-type.js';

export const policyStart = recordType<{ readonly position: number }>()('policy', policyEvents, {
  begins: { PolicyStarted: ({ data }) => data },
  evolves: {},
});

export const StartPolicy = policyStart.creates('StartPolicy', {
  description: 'Records the position at which a policy starts.',
  verb: 'system',
  input: { position: Int(0, Number.MAX_SAFE_INTEGER).describe('It reacts to the events after this position.') },
  decide: (input) => [PolicyStarted(input)],
});
