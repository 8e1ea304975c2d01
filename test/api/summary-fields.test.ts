/** Every field of a summary's groups can be asked for, whatever they are grouped by. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { domain } from '../../src/domain.js';
import { openResolvers } from '../support/api/resolvers.js';

const { ask, close } = await openResolvers();
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
});
