/** Lead: registered, then qualified or disqualified, and converted once into an account, a contact and an opportunity. */
import { LeadAssigned, LeadRegistered, LeadRevised, type LeadEvent, type LeadSource } from '../../contracts/sales/lead.js';
import { aggregate } from '../kernel/aggregate.js';
import { Command, Creating, Existing, type Facts } from '../kernel/command.js';
import { Field } from '../kernel/field.js';
import { Email, Id, Phone, Text, User } from '../kernel/field-type.js';
import { Rejection } from '../kernel/rejection.js';
import { changesOf, revised } from '../kernel/revision.js';

export interface Lead {
  readonly status: 'open' | 'qualified' | 'disqualified' | 'converted';
  /** The opportunity that the conversion made. */
  readonly opportunityId: string | null;
  readonly name: string;
  readonly company: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly interest: string | null;
  readonly owner: string;
  readonly source: LeadSource;
}

export const lead = aggregate<Lead, LeadEvent>('lead', {
  initial: {
    status: 'open',
    opportunityId: null,
    name: '',
    company: null,
    email: null,
    phone: null,
    interest: null,
    owner: '',
    source: { registeredAt: '', origin: null, campaignId: null },
  },
  evolve: {
    LeadRegistered: (lead, { data: { origin, campaignId, ...rest }, metadata }) => ({
      ...lead,
      ...rest,
      status: 'open',
      source: { registeredAt: metadata.occurredAt, origin, campaignId },
    }),
    LeadRevised: (lead, { data }) => revised(lead, data),
    LeadAssigned: (lead, { data }) => ({ ...lead, owner: data.owner }),
    LeadQualified: (lead) => ({ ...lead, status: 'qualified' }),
    LeadDisqualified: (lead) => ({ ...lead, status: 'disqualified' }),
    LeadReopened: (lead) => ({ ...lead, status: 'open' }),
    LeadConverted: (lead, { data }) => ({ ...lead, status: 'converted', opportunityId: data.opportunity?.id ?? null, owner: data.owner }),
  },
});

/** Takes in someone who may become a customer. */
@Command(lead, { may: ['sales', 'marketing'] })
export class RegisterLead extends Creating {
  @Field(Text(200))
  readonly name!: string;

  @Field(Text(200), { optional: true })
  readonly company?: string;

  @Field(Email, { optional: true })
  readonly email?: string;

  @Field(Phone, { optional: true })
  readonly phone?: string;

  @Field(Text(100), { optional: true, description: 'Where the lead came from: a channel, a partner, an event.' })
  readonly origin?: string;

  @Field(Id, { optional: true })
  readonly campaignId?: string;

  @Field(Text(2000), { optional: true })
  readonly interest?: string;

  @Field(User, { optional: true, description: 'Whoever asks, when absent.' })
  readonly owner?: string;

  decide(_: Lead, { actor }: Facts): LeadEvent[] {
    return [
      LeadRegistered({
        name: this.name,
        company: this.company ?? null,
        email: this.email ?? null,
        phone: this.phone ?? null,
        origin: this.origin ?? null,
        campaignId: this.campaignId ?? null,
        interest: this.interest ?? null,
        owner: this.owner ?? actor,
      }),
    ];
  }
}

/** Corrects or completes what is known about a lead. Its origin and campaign are facts of its registration and stay. */
@Command(lead, { may: ['sales', 'marketing'] })
export class ReviseLead extends Existing {
  @Field(Text(200), { optional: true })
  readonly name?: string;

  @Field(Text(200), { optional: true, clearable: true })
  readonly company?: string | null;

  @Field(Email, { optional: true, clearable: true })
  readonly email?: string | null;

  @Field(Phone, { optional: true, clearable: true })
  readonly phone?: string | null;

  @Field(Text(2000), { optional: true, clearable: true })
  readonly interest?: string | null;

  decide(lead: Lead): LeadEvent[] {
    refuseConverted(lead);
    const changes = changesOf(lead, this, ['name', 'company', 'email', 'phone', 'interest']);
    return changes ? [LeadRevised(changes)] : [];
  }
}

/** Gives a lead to another owner. */
@Command(lead, { may: ['sales', 'marketing', 'manager'] })
export class AssignLead extends Existing {
  @Field(User)
  readonly owner!: string;

  decide(lead: Lead): LeadEvent[] {
    refuseConverted(lead);
    return this.owner === lead.owner ? [] : [LeadAssigned({ owner: this.owner, from: lead.owner })];
  }
}

/** @throws Rejection when the lead has become something else. */
export function refuseConverted(lead: Lead): asserts lead is Lead & { readonly status: Exclude<Lead['status'], 'converted'> } {
  if (lead.status === 'converted') {
    throw new Rejection(
      'LEAD_CONVERTED',
      'The lead was converted and stays as it was. Change the account, contact or opportunity that it became.',
    );
  }
}
