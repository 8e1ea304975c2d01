/** The program's own read models, and a next version of leads that nobody could mistake for the one before: origins in capitals, and a label. */
import { projections as own } from '../../../dist/projections/index.js';
import { Text } from '../../../dist/src/kernel/field-type.js';

const leads = own.find(({ model }) => model.name === 'leads');

const label = { name: 'label', type: Text(300) };

class NextLead {}

const next = ({ key, to }) => ({
  key,
  to: (lead) => {
    const after = to(lead);
    return after && { ...after, origin: after.origin?.toUpperCase() ?? null, label: `Lead ${after.name}` };
  },
});

const nextLeads = {
  ...leads,
  model: { ...leads.model, version: 2, columns: [...leads.model.columns, label], document: NextLead },
  changes: (event) => leads.changes(event).map(next),
};

export const projections = [...own, nextLeads];
