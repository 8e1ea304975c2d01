/** Accounts: one document each, as lists and the account's page show it. */
import { AccountKind, AccountStatus, type AccountEvent } from '../../contracts/parties/account.js';
import { Choice, Email, List, Phone, Text, WebSite } from '../../src/kernel/field-type.js';
import { phoneDigits } from '../../src/kernel/phone.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';
import { RecordDocument, recordProjection } from '../../src/kernel/record-document.js';
import { revised } from '../../src/kernel/revision.js';

@ReadModel('accounts', {
  version: 1,
  one: 'account',
  record: 'account',
  duplicates: [['email'], ['phoneDigits'], ['taxNumber'], ['registrationNumber'], ['name']],
})
class AccountDocument extends RecordDocument {
  @Column(Choice('AccountKind', AccountKind.options), { dimension: true })
  readonly kind!: AccountKind;

  @Column(Text(200), { search: true, sort: true, filter: true })
  readonly name!: string;

  @Column(Text(200), { optional: true, search: true })
  readonly legalName!: string | null;

  @Column(Choice('AccountStatus', AccountStatus.options), { filter: true, dimension: true })
  readonly status!: AccountStatus;

  @Column(Text(50), { optional: true, filter: true })
  readonly registrationNumber!: string | null;

  @Column(Text(50), { optional: true, filter: true })
  readonly taxNumber!: string | null;

  @Column(Text(100), { optional: true, filter: true, dimension: true })
  readonly industry!: string | null;

  @Column(Text(50), { optional: true, dimension: true })
  readonly size!: string | null;

  @Column(Text(100), { optional: true, filter: true, dimension: true })
  readonly segment!: string | null;

  @Column(WebSite, { optional: true })
  readonly website!: string | null;

  @Column(Email, { optional: true, search: true, filter: true })
  readonly email!: string | null;

  @Column(Phone, { optional: true })
  readonly phone!: string | null;

  @Column(Text(40), { optional: true, filter: true, description: 'The digits of the phone: the same number, however it is written.' })
  readonly phoneDigits!: string | null;

  @Column(List(Text(50), 50), { search: true })
  readonly tags!: readonly string[];
}

export const accounts = recordProjection<AccountDocument, AccountEvent>(AccountDocument, {
  AccountRegistered: (_, { data }) => ({ ...data, phoneDigits: phoneDigits(data.phone) }),
  AccountRevised: (account, { data }) => {
    const after = revised(account, data);
    return { ...after, phoneDigits: phoneDigits(after.phone) };
  },
  AccountAssigned: (account, { data }) => ({ ...account, owner: data.owner }),
});
