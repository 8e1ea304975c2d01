/** The program's own read models, with an error in the handlers of contacts that quotes the contact: an assignment to `nobody` is more than they can take. */
import { domain } from '../../../dist/src/domain.js';

const quote = (contact) => {
  throw new Error(`nobody looks after ${JSON.stringify(contact)}`);
};

const quoting = (projection) => ({
  ...projection,
  changes: (event) =>
    event.type === 'ContactAssigned' && event.data.ownerId === 'nobody'
      ? projection.changes(event).map(({ key }) => ({ key, to: quote }))
      : projection.changes(event),
});

export const projections = domain.projections.map((projection) =>
  projection.model.name === 'contacts' ? quoting(projection) : projection,
);
