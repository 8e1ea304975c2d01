/** Why the rules of operations say no. */
import { rejections } from '../kernel/rejection.js';

export const operationsCodes = {
  POLICY_COMMAND_NOT_REFUSED: 'The command of the policy was accepted, or is being tried again.',
  POLICY_COMMAND_GONE:
    'The command was tried again, but the policy of this release no longer issues it for the event. Only in `policyRefusals`.',
} as const;

export const rejection = rejections(operationsCodes);
