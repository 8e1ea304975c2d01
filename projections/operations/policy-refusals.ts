/** The list of policies' refused commands. */
import { Int } from '../../contracts/fields/index.js';
import { code, policyRefusal as fields, PolicyRefusalStatus } from '../../contracts/operations/policy-refusal.js';
import { list } from '../../src/kernel/list.js';
import { policyRefusal } from '../../src/operations/policy-refusal.js';

export const policyRefusals = list('policyRefusals', policyRefusal, {
  version: 1,
  one: 'policyRefusal',
  description: 'A command of a policy that a rule refused.',
  columns: {
    ...fields,
    code: code.describe('Why it was refused last: a code of docs/errors.md.'),
    status: PolicyRefusalStatus.describe('What became of the command.'),
    refusals: Int(1).describe('How often it was refused.'),
  },
  filter: ['policy', 'status', 'code', 'eventType', 'eventRecordId'],
  dimension: ['policy', 'status', 'code', 'eventType'],
});
