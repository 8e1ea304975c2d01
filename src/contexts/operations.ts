import { policyRefusals } from '../../projections/operations/policy-refusals.js';
import type { Context } from '../kernel/context.js';
import { deadLetter, RetryDeadLetters, SkipDeadLetter } from '../operations/dead-letter.js';
import { AcceptKeyLoss, keyLoss } from '../operations/key-loss.js';
import { policyStart, StartPolicy } from '../operations/policy.js';
import { KeepPolicyRefusal, policyRefusal, RetryPolicyCommand, SettlePolicyCommand } from '../operations/policy-refusal.js';
import { operationsCodes } from '../operations/rejections.js';

/** The operation of Daybook itself. */
export const operations: Context = {
  name: 'operations',
  always: true,
  records: [deadLetter, policyStart, policyRefusal, keyLoss],
  internal: [deadLetter, policyStart, keyLoss],
  commands: [RetryDeadLetters, SkipDeadLetter, StartPolicy, KeepPolicyRefusal, RetryPolicyCommand, SettlePolicyCommand, AcceptKeyLoss],
  projections: [policyRefusals],
  policies: [],
  codes: operationsCodes,
};
