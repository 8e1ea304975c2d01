/** The commands that qualify, disqualify and reopen leads. */
import { Text } from '../../contracts/fields/index.js';
import {
  DisqualificationReason,
  LeadDisqualified,
  LeadQualified,
  LeadReopened,
  qualification,
  type Lead,
} from '../../contracts/sales/lead.js';
import { rejection } from './rejections.js';
import { lead, refuseConverted, sourceOf } from './lead.js';

export const QualifyLead = lead.changes('QualifyLead', {
  description: 'Qualifies an open lead: its temperature, budget, authority, need and timing.',
  input: qualification,
  decide: (lead, input) => {
    refuseUnlessOpen(lead, 'qualified');
    return [LeadQualified({ ...input, source: sourceOf(lead) })];
  },
});

export const DisqualifyLead = lead.changes('DisqualifyLead', {
  description: 'Disqualifies an open lead.',
  input: {
    reason: DisqualificationReason.describe('Why it is disqualified.'),
    note: Text(2000).optional().describe('Required when the reason is "other".'),
  },
  decide: (lead, { reason, note }) => {
    refuseUnlessOpen(lead, 'disqualified');
    if (reason === 'other' && note === null) {
      throw rejection('NOTE_REQUIRED', 'The reason "other" needs an explanation. Add a note.', 'note');
    }
    return [LeadDisqualified({ reason, note, source: sourceOf(lead) })];
  },
});

export const ReopenLead = lead.changes('ReopenLead', {
  description: 'Reopens a qualified or disqualified lead and clears its qualification.',
  verb: 'correct',
  decide: (lead) => {
    refuseConverted(lead);
    if (lead.status === 'open') throw rejection('LEAD_OPEN', 'The lead is already open.');
    return [LeadReopened({ from: lead.status, source: sourceOf(lead) })];
  },
});

function refuseUnlessOpen(lead: Lead, becoming: string): void {
  if (lead.status !== 'open') {
    throw rejection('LEAD_NOT_OPEN', `A ${lead.status} lead can't be ${becoming}; only an open one can.`);
  }
}
