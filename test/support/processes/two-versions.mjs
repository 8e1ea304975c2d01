/** The program's own read models, and a next version of leads that nobody could mistake for the one before: origins in capitals, and a label. */
import { Text } from '../../../dist/contracts/fields/index.js';
import { domain } from '../../../dist/src/domain.js';

const leads = domain.projections.find(({ model }) => model.name === 'leads');

const label = { name: 'label', kind: Text(300).kind };

const next = ({ key, to }) => ({
  key,
  to: (lead) => {
    const after = to(lead);
    return after && { ...after, origin: after.origin?.toUpperCase() ?? null, label: `Lead ${after.name}` };
  },
});

const nextLeads = {
  ...leads,
  model: { ...leads.model, version: 2, columns: [...leads.model.columns, label] },
  changes: (event) => leads.changes(event).map(next),
};

export const projections = [...domain.projections, nextLeads];
