/** The program's own read models, with an error in the handlers of leads: an assignment to `nobody` is more than they can take. */
import { domain } from '../../../dist/src/domain.js';

const fail = () => {
  throw new Error('nobody is no owner');
};

const fragile = (projection) => ({
  ...projection,
  changes: (event) =>
    event.type === 'LeadAssigned' && event.data.ownerId === 'nobody'
      ? projection.changes(event).map(({ key }) => ({ key, to: fail }))
      : projection.changes(event),
});

export const projections = domain.projections.map((projection) => (projection.model.name === 'leads' ? fragile(projection) : projection));
