/** Policy refusal: a command of a policy that a rule refused, and what became of it. */
import { event, type EventOf } from '../event.js';
import { Choice, Id, Int, Text, Uuid, type Of } from '../fields/index.js';

export const PolicyRefusalStatus = Choice('PolicyRefusalStatus', 'What became of a refused command of a policy.', {
  refused: 'It waits for an operator.',
  retried: 'An operator had it tried again, and there is no answer yet.',
  accepted: 'It was accepted when it was tried again.',
});

/** A name in the program. */
const Name = Text(200).open('It is a name in the program.');

/** Which command it was. Its input is not told: it follows from the event, and may hold personal data. */
export const policyRefusal = {
  policy: Name.describe('The name of the policy.'),
  step: Name.describe("The policy's name for the command."),
  command: Name.describe('The name of the command.'),
  eventId: Uuid.describe('The event that the policy reacted to.'),
  eventType: Name.describe('The type of that event.'),
  eventRecordType: Name.describe('The type of the record that the event is of.'),
  eventRecordId: Id.describe('The id of the record that the event is of.'),
  eventRevision: Int(0).describe('The revision of that record at the event.'),
};

const Code = Name.describe('Why it was refused: a code of docs/errors.md.');

export const PolicyCommandRefused = event('PolicyCommandRefused', 'A rule refused a command of a policy.', {
  ...policyRefusal,
  code: Code,
});
export const PolicyCommandRetried = event('PolicyCommandRetried', 'An operator had a refused command of a policy tried again.', {
  policy: policyRefusal.policy,
});
export const PolicyCommandRefusedAgain = event('PolicyCommandRefusedAgain', 'A command of a policy was tried again and refused again.', {
  code: Code,
});
export const PolicyCommandAccepted = event('PolicyCommandAccepted', 'A command of a policy that had been refused was accepted.', {});

export const policyRefusalEvents = [PolicyCommandRefused, PolicyCommandRetried, PolicyCommandRefusedAgain, PolicyCommandAccepted] as const;
export type PolicyRefusalEvent = EventOf<typeof policyRefusalEvents>;

export const code = Code;
export type PolicyRefusal = Of<typeof policyRefusal> & {
  readonly status: (typeof PolicyRefusalStatus)['value'];
  /** The code of the last refusal. */
  readonly code: string;
  /** How often it was refused. */
  readonly refusals: number;
};
