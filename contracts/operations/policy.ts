/** Policy: where a policy began that was told to begin with what is recorded from then on. Its id is the policy's name. */
import { event } from '../event.js';
import { Int } from '../fields/index.js';

export const PolicyStarted = event('PolicyStarted', 'A policy began to react to events.', {
  position: Int(0, Number.MAX_SAFE_INTEGER).describe('It reacts to the events after this position.'),
});

export const policyEvents = [PolicyStarted] as const;
