/** Every field of a summary's groups can be asked for, whatever they are grouped by. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { domain } from '../../src/domain.js';
import { openResolvers } from '../support/api/resolvers.js';

const { ask, send, close } = await openResolvers();
afterAll(close);

const withOwners = domain.projections
  .filter(({ model }) => model.columns.some(({ name, dimension }) => name === 'ownerId' && dimension))
  .map(({ model }) => model.name);

describe('A summary', () => {
  it.each(withOwners)('of %s that is not grouped by the owner has no owner', async (name) => {
    expect(await ask(`{ summary: ${name}Summary { groups { owner { id } } rest { documents } total { ownerId owner { id } } } }`)).toEqual({
      data: { summary: { groups: [{ owner: null }], rest: null, total: { ownerId: null, owner: null } } },
      errors: [],
    });
  });

  it('of a moment that is still to come has the position that it counts up to', async () => {
    const { position } = await send('RegisterAccount', { id: 'a1', name: 'Acme' });
    const answer = await ask('{ accountsSummary(asOf: { position: "1000000" }) { position total { documents } } }');
    expect(answer).toEqual({ data: { accountsSummary: { position: String(position), total: { documents: 1 } } }, errors: [] });
    const before = await ask('{ accountsSummary(asOf: { position: "0" }) { position total { documents } } }');
    expect(before).toEqual({ data: { accountsSummary: { position: '0', total: { documents: 0 } } }, errors: [] });
  });
});
