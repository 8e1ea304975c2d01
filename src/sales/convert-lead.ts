/** Conversion: a qualified lead becomes an account, a contact and, where there is something to sell, an opportunity. */
import { AccountKind } from '../../contracts/parties/account.js';
import { LeadConverted, type LeadEvent } from '../../contracts/sales/lead.js';
import type { Money } from '../../contracts/values.js';
import { reference, type Reference } from '../kernel/aggregate.js';
import { Command, Existing, type Facts } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import { Field } from '../kernel/field.js';
import { Choice, Day, Email, Flag, List, MoneyField, Nested, Phone, Ref, Text, User, WebSite } from '../kernel/field-type.js';
import { Rejection } from '../kernel/rejection.js';
import { checkAmount } from './amount.js';
import { lead, type Lead } from './lead.js';
import { pipeline, refuseRetired, stageNamed, type Pipeline } from './pipeline.js';

/** The account that the lead becomes: one that exists, or what is to be known of the new one. */
export class AccountOfLead {
  @Field(Ref('account'), { optional: true, description: 'An account that exists. Give this or the fields of a new one.' })
  readonly accountId?: string;

  @Field(Text(200), { optional: true, description: "The lead's company, or its name, when absent." })
  readonly name?: string;

  @Field(Choice('AccountKind', AccountKind.options), {
    optional: true,
    description: 'When absent: a household if neither the lead nor this conversion names a company.',
  })
  readonly kind?: AccountKind;

  @Field(Text(100), { optional: true })
  readonly industry?: string;

  @Field(Text(50), { optional: true })
  readonly size?: string;

  @Field(Text(100), { optional: true })
  readonly segment?: string;

  @Field(WebSite, { optional: true })
  readonly website?: string;

  @Field(List(Text(50), 50), { optional: true })
  readonly tags?: readonly string[];
}

/** The person behind the lead: one who is known, or what is to be known of a new contact. */
export class ContactOfLead {
  @Field(Ref('contact'), { optional: true, description: 'A contact that exists. Give this or the fields of a new one.' })
  readonly contactId?: string;

  @Field(Text(50), { optional: true })
  readonly salutation?: string;

  @Field(Text(200), { optional: true, description: "The first and last name, or the lead's name, when absent." })
  readonly name?: string;

  @Field(Text(99), { optional: true })
  readonly firstName?: string;

  @Field(Text(100), { optional: true })
  readonly lastName?: string;

  @Field(Text(100), { optional: true })
  readonly jobRole?: string;

  @Field(Email, { optional: true, description: "The lead's when absent." })
  readonly email?: string;

  @Field(Phone, { optional: true, description: "The lead's when absent." })
  readonly phone?: string;

  @Field(List(Text(50), 50), { optional: true })
  readonly tags?: readonly string[];
}

/** What may be sold to them. */
export class OpportunityOfLead {
  @Field(Text(200), { optional: true, description: "The account's or the lead's name when absent." })
  readonly name?: string;

  @Field(Ref('pipeline'))
  readonly pipelineId!: string;

  @Field(Text(100), { optional: true, description: "The pipeline's first stage when absent." })
  readonly stage?: string;

  @Field(MoneyField)
  readonly amount!: Money;

  @Field(Day, { optional: true })
  readonly expectedClose?: string;

  @Field(User, { optional: true, description: 'The owner of the new account when absent.' })
  readonly owner?: string;
}

/** Converts a qualified lead, once. The new records have ids that derive from the lead's. */
@Command(lead, { may: ['sales'], looksAt: [pipeline] })
export class ConvertLead extends Existing {
  @Field(Nested(() => AccountOfLead), { optional: true })
  readonly account?: AccountOfLead;

  @Field(Nested(() => ContactOfLead), { optional: true })
  readonly contact?: ContactOfLead;

  @Field(Flag, { optional: true, description: 'True when nobody is to be registered as a contact.' })
  readonly withoutContact?: boolean;

  @Field(Nested(() => OpportunityOfLead), { optional: true })
  readonly opportunity?: OpportunityOfLead;

  @Field(User, { optional: true, description: "Owner of what is new; the lead's when absent." })
  readonly owner?: string;

  override reads(): Readonly<Record<string, Reference<unknown>>> {
    return this.opportunity ? { pipeline: reference(pipeline, this.opportunity.pipelineId, 'opportunity.pipelineId') } : {};
  }

  decide(lead: Lead, facts: Facts & { readonly pipeline?: Pipeline }): LeadEvent[] {
    if (lead.status === 'converted') throw new Rejection('LEAD_CONVERTED', 'The lead has been converted; that happens once.');
    if (lead.status !== 'qualified') {
      throw new Rejection('LEAD_NOT_QUALIFIED', `A lead that is ${lead.status} can't be converted. Qualify it first.`);
    }
    refuseBoth(this.account, 'accountId', 'account');
    refuseBoth(this.contact, 'contactId', 'contact');
    if (this.withoutContact && this.contact) {
      throw new Rejection('CONVERSION_AMBIGUOUS', 'Give a contact or withoutContact, not both.', 'withoutContact');
    }
    const owner = this.owner ?? lead.owner;
    return [
      LeadConverted({
        account: this.#account(lead, facts.id),
        contact: this.withoutContact ? null : this.#contact(lead, facts.id),
        opportunity: this.#opportunity(lead, facts.id, owner, facts.pipeline),
        owner,
        source: lead.source,
      }),
    ];
  }

  #account(lead: Lead, leadId: string): Converted['account'] {
    const given = this.account;
    if (given?.accountId !== undefined) return { ...nothing, id: given.accountId, existing: true };
    const company = given?.name ?? lead.company;
    return {
      id: derivedId(leadId, 'account'),
      existing: false,
      name: company ?? lead.name,
      kind: given?.kind ?? (company === null ? 'household' : 'company'),
      industry: given?.industry ?? null,
      size: given?.size ?? null,
      segment: given?.segment ?? null,
      website: given?.website ?? null,
      tags: [...(given?.tags ?? [])],
    };
  }

  #contact(lead: Lead, leadId: string): Converted['contact'] {
    const given = this.contact;
    if (given?.contactId !== undefined) return { ...nobody, id: given.contactId, existing: true };
    const parts = [given?.firstName, given?.lastName].filter((part) => part !== undefined).join(' ');
    return {
      id: derivedId(leadId, 'contact'),
      existing: false,
      salutation: given?.salutation ?? null,
      name: given?.name ?? (parts === '' ? lead.name : parts),
      firstName: given?.firstName ?? null,
      lastName: given?.lastName ?? null,
      jobRole: given?.jobRole ?? null,
      email: given?.email ?? lead.email,
      phone: given?.phone ?? lead.phone,
      tags: [...(given?.tags ?? [])],
    };
  }

  #opportunity(lead: Lead, leadId: string, owner: string, pipeline: Pipeline | undefined): Converted['opportunity'] {
    if (!this.opportunity || !pipeline) return null;
    const { pipelineId, name, stage, amount, expectedClose } = this.opportunity;
    refuseRetired(pipeline, 'opportunity.pipelineId');
    checkAmount(amount, pipeline.currency, 'opportunity.amount');
    return {
      id: derivedId(leadId, 'opportunity'),
      name: name ?? this.account?.name ?? lead.company ?? lead.name,
      pipelineId,
      stage: stage === undefined ? null : stageNamed(pipeline, stage, 'opportunity.stage').name,
      amount,
      expectedClose: expectedClose ?? null,
      owner: this.opportunity.owner ?? owner,
    };
  }
}

type Converted = Parameters<typeof LeadConverted>[0];

/** What a conversion tells of records that exist: they keep their own data. */
const nothing = { name: null, kind: null, industry: null, size: null, segment: null, website: null, tags: [] };
const nobody = { salutation: null, name: null, firstName: null, lastName: null, jobRole: null, email: null, phone: null, tags: [] };

/** A record that exists keeps its own data: giving both its id and data of a new one can't be meant. */
function refuseBoth(given: object | undefined, idField: string, field: string): void {
  const names = Object.entries(given ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (names.includes(idField) && names.length > 1) {
    throw new Rejection(
      'CONVERSION_AMBIGUOUS',
      `Give ${field}.${idField} or the fields of a new ${field}, not both.`,
      `${field}.${idField}`,
    );
  }
}
