/** Names that Relay gives a meaning are refused in declarations, when the contract is made. */
import { describe, expect, it } from '@jest/globals';
import { Id, Text } from '../../contracts/fields/index.js';
import { contractOf } from '../../src/api/contract.js';
import { domain } from '../../src/domain.js';
import { projection } from '../../src/kernel/projection.js';
import { readModel, type ReadModel } from '../../src/kernel/read-model.js';

const contractWith = (model: ReadModel<unknown>) => () => contractOf(domain, [projection(model, [], { key: () => '', on: {} })]);
const described = { version: 1, description: 'One each.' };

describe('A declaration', () => {
  it('with a column named nodeId is refused', () => {
    const routers = readModel('routers', { ...described, one: 'router', columns: { id: Id, nodeId: Text(10) } });
    expect(contractWith(routers)).toThrow(/nodeId is reserved/);
  });

  it.each([
    ['nodes', undefined],
    ['points', 'node'],
  ])('of a read model %s with documents named %s is refused', (name, one) => {
    const nodes = readModel(name, { ...described, ...(one === undefined ? {} : { one }), columns: { id: Id } });
    expect(contractWith(nodes)).toThrow(/is reserved/);
  });
});
