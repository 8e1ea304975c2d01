/** Commands of policies that rules refused: kept in the log, shown, and tried again when an operator says so. */
import {
  code,
  PolicyCommandAccepted,
  PolicyCommandRefused,
  PolicyCommandRefusedAgain,
  PolicyCommandRetried,
  policyRefusal as fields,
  policyRefusalEvents,
  type PolicyRefusal,
} from '../../contracts/operations/policy-refusal.js';
import { recordType } from '../kernel/record-type.js';
import { rejection } from './rejections.js';

export const policyRefusal = recordType<PolicyRefusal>()('policyCommand', policyRefusalEvents, {
  begins: {
    PolicyCommandRefused: ({ data }) => ({ ...data, status: 'refused', refusals: 1 }),
  },
  evolves: {
    PolicyCommandRetried: (refusal) => ({ ...refusal, status: 'retried' }),
    PolicyCommandRefusedAgain: (refusal, { data }) => ({ ...refusal, ...data, status: 'refused', refusals: refusal.refusals + 1 }),
    PolicyCommandAccepted: (refusal) => ({ ...refusal, status: 'accepted' }),
  },
});

export const KeepPolicyRefusal = policyRefusal.creates('KeepPolicyRefusal', {
  description: 'Keeps that a rule refused a command of a policy.',
  verb: 'system',
  input: { ...fields, code },
  decide: (input) => [PolicyCommandRefused(input)],
});

export const RetryPolicyCommand = policyRefusal.changes('RetryPolicyCommand', {
  description: 'Tries a refused command of a policy again. What came of it stands in the record soon after.',
  verb: 'operate',
  decide: (refusal) => {
    if (refusal.status !== 'refused') {
      throw rejection('POLICY_COMMAND_NOT_REFUSED', `The command is ${refusal.status}; only a refused one can be tried again.`);
    }
    return [PolicyCommandRetried({ policy: refusal.policy })];
  },
});

export const SettlePolicyCommand = policyRefusal.changes('SettlePolicyCommand', {
  description: 'Keeps what came of a refused command of a policy that was tried again.',
  verb: 'system',
  input: { code: code.optional().describe('Why it was refused again; accepted when left out.') },
  decide: (refusal, input) => {
    // It may also have been accepted without an operator: when the command that caused it was sent again.
    if (input.code === null) return refusal.status === 'accepted' ? [] : [PolicyCommandAccepted({})];
    return refusal.status === 'retried' ? [PolicyCommandRefusedAgain({ code: input.code })] : [];
  },
});
