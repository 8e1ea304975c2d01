/** Lead: registered, then qualified or disqualified, and converted once into an account, a contact and an opportunity. */
import {
  DisqualificationReason,
  LeadAssigned,
  LeadConverted,
  LeadDisqualified,
  LeadQualified,
  LeadRegistered,
  LeadReopened,
  LeadRevised,
  Temperature,
  type LeadEvent,
  type LeadSource,
} from '../../contracts/sales/lead.js';
import { aggregate } from '../kernel/aggregate.js';
import { Command, Creating, Existing, type Facts } from '../kernel/command.js';
import { Field } from '../kernel/field.js';
import { Choice, Email, Id, Int, Phone, Text, User } from '../kernel/field-type.js';
import { Rejection } from '../kernel/rejection.js';
import { changesOf } from '../kernel/revision.js';

export interface Lead {
  readonly status: 'open' | 'qualified' | 'disqualified' | 'converted';
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
    LeadRevised: (lead, { data }) => ({ ...lead, ...data }) as Lead,
    LeadAssigned: (lead, { data }) => ({ ...lead, owner: data.owner }),
    LeadQualified: (lead) => ({ ...lead, status: 'qualified' }),
    LeadDisqualified: (lead) => ({ ...lead, status: 'disqualified' }),
    LeadReopened: (lead) => ({ ...lead, status: 'open' }),
    LeadConverted: (lead) => ({ ...lead, status: 'converted' }),
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
