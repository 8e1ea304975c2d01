/** Account: a company or a household that we do business with, or would like to. */
import {
  account as fields,
  accountEvents,
  AccountAssigned,
  AccountErased,
  AccountRegistered,
  AccountRevised,
  type Account,
} from '../../contracts/parties/account.js';
import { ErasureGround } from '../../contracts/erasure.js';
import { changes, User } from '../../contracts/fields/index.js';
import { erased } from '../kernel/erasure.js';
import { recordType } from '../kernel/record-type.js';
import { changesOf, revised } from '../kernel/revision.js';
import { rejection } from './rejections.js';

export const account = recordType<Account>()('account', accountEvents, {
  begins: {
    AccountRegistered: ({ data }) => data,
  },
  evolves: {
    AccountRevised: (account, { data }) => revised(account, data),
    AccountAssigned: (account, { data }) => ({ ...account, ownerId: data.ownerId }),
    AccountErased: (account) => erased(fields, account),
  },
  erasedBy: 'AccountErased',
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

export const EraseAccount = account.changes('EraseAccount', {
  description: 'Erases the personal data of a household for good.',
  verb: 'correct',
  erases: true,
  input: { ground: ErasureGround.describe('Why it is erased.') },
  decide: ({ kind }, { ground }) => {
    if (kind !== 'household') throw rejection('ACCOUNT_NOT_ERASABLE', 'Only a household is erased; this account is a company.', 'id');
    return [AccountErased({ ground, keys: [] })];
  },
});
