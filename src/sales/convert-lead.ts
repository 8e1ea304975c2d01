/** Conversion: a qualified lead becomes an account, a contact and, optionally, an opportunity. */
import { Day, Flag, MoneyField, Nested, OneOf, pick, Ref, Text, User } from '../../contracts/fields/index.js';
import { account as accountFields, AccountKind } from '../../contracts/parties/account.js';
import { contact as contactFields } from '../../contracts/parties/contact.js';
import { LeadConverted, type Lead } from '../../contracts/sales/lead.js';
import type { Pipeline } from '../../contracts/sales/pipeline.js';
import { optional } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import { rejection } from './rejections.js';
import { checkAmount } from './amount.js';
import { lead, sourceOf } from './lead.js';
import { pipeline, refuseRetired, stageNamed } from './pipeline.js';

const NewAccount = Nested('NewAccountOfLead', 'The new account that a lead becomes.', {
  name: Text(200).optional().describe("Defaults to the lead's company, or else its name."),
  kind: AccountKind.optional().describe('Defaults to a household if neither the lead nor this conversion names a company.'),
  ...pick(accountFields, 'industry', 'size', 'segment', 'website', 'tags'),
});

const NewContact = Nested('NewContactOfLead', 'The new contact that a lead becomes.', {
  ...pick(contactFields, 'salutation', 'firstName', 'lastName', 'jobRole', 'tags'),
  name: Text(200).optional().describe("Defaults to the first and last name, or else the lead's name."),
  email: contactFields.email.describe("Defaults to the lead's."),
  phone: contactFields.phone.describe("Defaults to the lead's."),
});

const AccountOfLead = OneOf('AccountOfLead', 'The account that a lead becomes.', {
  existing: Ref('account').describe('An existing account.'),
  new: NewAccount.describe('The data of a new account.'),
});

const ContactOfLead = OneOf('ContactOfLead', 'The contact that a lead becomes.', {
  existing: Ref('contact').describe('An existing contact.'),
  new: NewContact.describe('The data of a new contact.'),
});

const OpportunityOfLead = Nested('OpportunityOfLead', 'The opportunity that a lead becomes.', {
  name: Text(200).optional().describe("Defaults to the name of the account, or else the lead's."),
  pipelineId: Ref('pipeline').describe('The pipeline.'),
  stage: Text(100).optional().describe("Defaults to the pipeline's first stage."),
  amount: MoneyField.describe("0 or more, in the pipeline's currency."),
  expectedClose: Day.optional().describe('The expected day of the win.'),
  ownerId: User.optional().describe('Defaults to the owner of the new account.'),
});

export const ConvertLead = lead.changes('ConvertLead', {
  description: "Converts a qualified lead, once. The ids of the new records are derived from the lead's.",
  input: {
    account: AccountOfLead.optional().describe('Defaults to a new account with the data of the lead.'),
    contact: ContactOfLead.optional().describe('Defaults to a new contact with the data of the lead.'),
    withoutContact: Flag.default(false).describe('Whether to convert without a contact.'),
    opportunity: OpportunityOfLead.optional().describe('Defaults to no opportunity.'),
    ownerId: User.optional().describe("The owner of the new records. Defaults to the lead's."),
  },
  looksAt: { pipeline: optional(pipeline) },
  reads: (_, { opportunity }) => ({ pipeline: opportunity?.pipelineId ?? null }),
  decide: (lead, input, { id, pipeline }) => {
    if (lead.status === 'converted') throw rejection('LEAD_CONVERTED', 'The lead was already converted.');
    if (lead.status !== 'qualified') {
      throw rejection('LEAD_NOT_QUALIFIED', `A lead that is ${lead.status} can't be converted. Qualify it first.`);
    }
    if (input.withoutContact && input.contact) {
      throw rejection('CONVERSION_AMBIGUOUS', 'Give a contact or withoutContact, not both.', 'withoutContact');
    }
    const ownerId = input.ownerId ?? lead.ownerId;
    return [
      LeadConverted({
        account: accountOf(lead, id, input.account),
        contact: input.withoutContact ? null : contactOf(lead, id, input.contact),
        opportunity:
          input.opportunity && pipeline && opportunityOf(lead, id, ownerId, input.opportunity, pipeline, input.account?.new?.name),
        ownerId,
        source: sourceOf(lead),
      }),
    ];
  },
});

type Converted = Parameters<typeof LeadConverted>[0];

/** The data of existing records is not repeated; that of new ones defaults to null where the lead has none. */
const nothing = { name: null, kind: null, industry: null, size: null, segment: null, website: null, tags: [] };
const nobody = { name: null, salutation: null, firstName: null, lastName: null, jobRole: null, email: null, phone: null, tags: [] };

function accountOf(lead: Lead, leadId: string, given: (typeof AccountOfLead)['value'] | null): Converted['account'] {
  if (given?.existing) return { ...nothing, id: given.existing, existing: true };
  const known = given?.new ?? nothing;
  const company = known.name ?? lead.company;
  return {
    ...known,
    id: derivedId(leadId, 'account'),
    existing: false,
    name: company ?? lead.name,
    kind: known.kind ?? (company === null ? 'household' : 'company'),
  };
}

function contactOf(lead: Lead, leadId: string, choice: (typeof ContactOfLead)['value'] | null): Converted['contact'] {
  if (choice?.existing) return { ...nobody, id: choice.existing, existing: true };
  const known = choice?.new ?? nobody;
  const parts = [known.firstName, known.lastName].filter((part) => part !== null).join(' ');
  return {
    ...known,
    id: derivedId(leadId, 'contact'),
    existing: false,
    name: known.name ?? (parts === '' ? lead.name : parts),
    email: known.email ?? lead.email,
    phone: known.phone ?? lead.phone,
  };
}

function opportunityOf(
  lead: Lead,
  leadId: string,
  ownerId: string,
  input: (typeof OpportunityOfLead)['value'],
  pipeline: Pipeline,
  accountName: string | null | undefined,
): Converted['opportunity'] {
  refuseRetired(pipeline, 'opportunity.pipelineId');
  checkAmount(input.amount, pipeline.currency, 'opportunity.amount');
  return {
    ...input,
    id: derivedId(leadId, 'opportunity'),
    name: input.name ?? accountName ?? lead.company ?? lead.name,
    stage: input.stage === null ? null : stageNamed(pipeline, input.stage, 'opportunity.stage').name,
    ownerId: input.ownerId ?? ownerId,
  };
}
