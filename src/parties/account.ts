/** Account: a company or a household that we do business with, or would like to. */
import {
  AccountAssigned,
  AccountKind,
  AccountRegistered,
  AccountRevised,
  AccountStatus,
  type AccountEvent,
} from '../../contracts/parties/account.js';
import { aggregate } from '../kernel/aggregate.js';
import { Command, Creating, Existing, type Facts } from '../kernel/command.js';
import { Field } from '../kernel/field.js';
import { Choice, Email, Phone, Text, User, WebSite } from '../kernel/field-type.js';
import { changesOf, revised } from '../kernel/revision.js';
import { distinctTags, Tags, withDistinctTags } from './tags.js';

export interface Account {
  readonly kind: AccountKind;
  readonly name: string;
  readonly legalName: string | null;
  readonly registrationNumber: string | null;
  readonly taxNumber: string | null;
  readonly industry: string | null;
  readonly size: string | null;
  readonly segment: string | null;
  readonly website: string | null;
  readonly status: AccountStatus;
  readonly email: string | null;
  readonly phone: string | null;
  readonly tags: readonly string[];
  readonly owner: string;
}

export const account = aggregate<Account, AccountEvent>('account', {
  initial: {
    kind: 'company',
    name: '',
    legalName: null,
    registrationNumber: null,
    taxNumber: null,
    industry: null,
    size: null,
    segment: null,
    website: null,
    status: 'prospect',
    email: null,
    phone: null,
    tags: [],
    owner: '',
  },
  evolve: {
    AccountRegistered: (_, { data }) => data,
    AccountRevised: (account, { data }) => revised(account, data),
    AccountAssigned: (account, { data }) => ({ ...account, owner: data.owner }),
  },
});

const Kind = Choice('AccountKind', AccountKind.options);
const Status = Choice('AccountStatus', AccountStatus.options);

/** Takes in a company or a household. */
@Command(account, { may: ['sales', 'marketing'] })
export class RegisterAccount extends Creating {
  @Field(Kind, { optional: true, description: 'A company when absent.' })
  readonly kind?: AccountKind;

  @Field(Text(200))
  readonly name!: string;

  @Field(Text(200), { optional: true, description: 'As registered, where it differs from the name in use.' })
  readonly legalName?: string;

  @Field(Text(50), { optional: true, description: 'In the register of companies.' })
  readonly registrationNumber?: string;

  @Field(Text(50), { optional: true })
  readonly taxNumber?: string;

  @Field(Text(100), { optional: true })
  readonly industry?: string;

  @Field(Text(50), { optional: true, description: 'Such as a band of employees or of revenue.' })
  readonly size?: string;

  @Field(Text(100), { optional: true })
  readonly segment?: string;

  @Field(WebSite, { optional: true })
  readonly website?: string;

  @Field(Status, { optional: true, description: 'A prospect when absent.' })
  readonly status?: AccountStatus;

  @Field(Email, { optional: true })
  readonly email?: string;

  @Field(Phone, { optional: true })
  readonly phone?: string;

  @Field(Tags, { optional: true })
  readonly tags?: readonly string[];

  @Field(User, { optional: true, description: 'Whoever asks, when absent.' })
  readonly owner?: string;

  decide(_: Account, { actor }: Facts): AccountEvent[] {
    return [
      AccountRegistered({
        kind: this.kind ?? 'company',
        name: this.name,
        legalName: this.legalName ?? null,
        registrationNumber: this.registrationNumber ?? null,
        taxNumber: this.taxNumber ?? null,
        industry: this.industry ?? null,
        size: this.size ?? null,
        segment: this.segment ?? null,
        website: this.website ?? null,
        status: this.status ?? 'prospect',
        email: this.email ?? null,
        phone: this.phone ?? null,
        tags: distinctTags(this.tags ?? []),
        owner: this.owner ?? actor,
      }),
    ];
  }
}

/** Corrects or completes what is known about an account. */
@Command(account, { may: ['sales', 'marketing'] })
export class ReviseAccount extends Existing {
  @Field(Kind, { optional: true })
  readonly kind?: AccountKind;

  @Field(Text(200), { optional: true })
  readonly name?: string;

  @Field(Text(200), { optional: true, clearable: true })
  readonly legalName?: string | null;

  @Field(Text(50), { optional: true, clearable: true })
  readonly registrationNumber?: string | null;

  @Field(Text(50), { optional: true, clearable: true })
  readonly taxNumber?: string | null;

  @Field(Text(100), { optional: true, clearable: true })
  readonly industry?: string | null;

  @Field(Text(50), { optional: true, clearable: true })
  readonly size?: string | null;

  @Field(Text(100), { optional: true, clearable: true })
  readonly segment?: string | null;

  @Field(WebSite, { optional: true, clearable: true })
  readonly website?: string | null;

  @Field(Status, { optional: true })
  readonly status?: AccountStatus;

  @Field(Email, { optional: true, clearable: true })
  readonly email?: string | null;

  @Field(Phone, { optional: true, clearable: true })
  readonly phone?: string | null;

  @Field(Tags, { optional: true, description: 'All tags that it has from now on.' })
  readonly tags?: readonly string[];

  decide(account: Account): AccountEvent[] {
    const changes = changesOf(account, withDistinctTags<ReviseAccount>(this), [
      'kind',
      'name',
      'legalName',
      'registrationNumber',
      'taxNumber',
      'industry',
      'size',
      'segment',
      'website',
      'status',
      'email',
      'phone',
      'tags',
    ]);
    if (!changes) return [];
    const { tags, ...others } = changes;
    return [AccountRevised(tags ? { ...others, tags: [...tags] } : others)];
  }
}

/** Gives an account to another owner. */
@Command(account, { may: ['sales', 'manager'] })
export class AssignAccount extends Existing {
  @Field(User)
  readonly owner!: string;

  decide(account: Account): AccountEvent[] {
    return this.owner === account.owner ? [] : [AccountAssigned({ owner: this.owner, from: account.owner })];
  }
}
