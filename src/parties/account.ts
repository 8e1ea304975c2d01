/** Account: a company or a household that we do business with, or would like to. */
import {
  account as fields,
  accountEvents,
  AccountAssigned,
  AccountRegistered,
  AccountRevised,
  type Account,
} from '../../contracts/parties/account.js';
import { changes, User } from '../../contracts/fields/index.js';
import { recordType } from '../kernel/record-type.js';
import { changesOf, revised } from '../kernel/revision.js';

export const account = recordType<Account>()('account', accountEvents, {
  begins: {
    AccountRegistered: ({ data }) => data,
  },
  evolves: {
    AccountRevised: (account, { data }) => revised(account, data),
    AccountAssigned: (account, { data }) => ({ ...account, ownerId: data.ownerId }),
  },
});

export const RegisterAccount = account.creates('RegisterAccount', {
  description: 'Registers a company or a household.',
  input: { ...fields, ownerId: User.optional().describe('Defaults to the caller.') },
  decide: (input, { actor }) => [AccountRegistered({ ...input, ownerId: input.ownerId ?? actor })],
});

export const ReviseAccount = account.changes('ReviseAccount', {
  description: 'Changes the data of an account.',
  input: changes(fields),
  decide: (account, input) => {
    const changed = changesOf(account, input);
    return changed ? [AccountRevised(changed)] : [];
  },
});

export const AssignAccount = account.changes('AssignAccount', {
  description: 'Gives an account to another owner.',
  verb: 'assign',
  input: { ownerId: User.describe('The new owner.') },
  decide: (account, { ownerId }) => (ownerId === account.ownerId ? [] : [AccountAssigned({ ownerId, fromId: account.ownerId })]),
});
