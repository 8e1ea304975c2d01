/** The judgement of a lead: worth pursuing, not worth it, or open again. */
import {
  DisqualificationReason,
  LeadDisqualified,
  LeadQualified,
  LeadReopened,
  Temperature,
  type LeadEvent,
} from '../../contracts/sales/lead.js';
import { Command, Existing } from '../kernel/command.js';
import { Field } from '../kernel/field.js';
import { Choice, Int, Text } from '../kernel/field-type.js';
import { Rejection } from '../kernel/rejection.js';
import { lead, refuseConverted, type Lead } from './lead.js';

/** Marks an open lead as worth pursuing: how warm it is, and what is known of its budget, authority, need and timing. */
@Command(lead, { may: ['sales', 'marketing'] })
export class QualifyLead extends Existing {
  @Field(Choice('Temperature', Temperature.options))
  readonly temperature!: Temperature;

  @Field(Int(0, 100), { optional: true, description: 'From 0, hopeless, to 100, as good as sold.' })
  readonly score?: number;

  @Field(Text(1000), { optional: true, description: 'What they can spend.' })
  readonly budget?: string;

  @Field(Text(1000), { optional: true, description: 'Who decides.' })
  readonly authority?: string;

  @Field(Text(1000), { optional: true, description: 'What they need it for.' })
  readonly need?: string;

  @Field(Text(1000), { optional: true, description: 'When they want it.' })
  readonly timing?: string;

  decide(lead: Lead): LeadEvent[] {
    refuseUnlessOpen(lead, 'qualified');
    return [
      LeadQualified({
        temperature: this.temperature,
        score: this.score ?? null,
        budget: this.budget ?? null,
        authority: this.authority ?? null,
        need: this.need ?? null,
        timing: this.timing ?? null,
        source: lead.source,
      }),
    ];
  }
}

/** Gives an open lead up, for a reason. */
@Command(lead, { may: ['sales', 'marketing'] })
export class DisqualifyLead extends Existing {
  @Field(Choice('DisqualificationReason', DisqualificationReason.options))
  readonly reason!: DisqualificationReason;

  @Field(Text(2000), { optional: true, description: 'Required when the reason is "other".' })
  readonly note?: string;

  decide(lead: Lead): LeadEvent[] {
    refuseUnlessOpen(lead, 'disqualified');
    if (this.reason === 'other' && this.note === undefined) {
      throw new Rejection('NOTE_REQUIRED', 'The reason "other" says nothing by itself. Add a note.', 'note');
    }
    return [LeadDisqualified({ reason: this.reason, note: this.note ?? null, source: lead.source })];
  }
}

/** Opens a qualified or disqualified lead again, as if it had not been judged. */
@Command(lead, { may: ['sales', 'marketing'] })
export class ReopenLead extends Existing {
  decide(lead: Lead): LeadEvent[] {
    refuseConverted(lead);
    if (lead.status === 'open') throw new Rejection('LEAD_OPEN', 'The lead is open already.');
    return [LeadReopened({ from: lead.status, source: lead.source })];
  }
}

function refuseUnlessOpen(lead: Lead, becoming: string): void {
  if (lead.status !== 'open') {
    throw new Rejection('LEAD_NOT_OPEN', `A ${lead.status} lead can't be ${becoming}; only an open one can.`);
  }
}
