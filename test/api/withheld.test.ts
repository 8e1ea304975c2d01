/** What may be withheld from a viewer can be null in the contract, and a record tells what was withheld. */
import { describe, expect, it } from '@jest/globals';
import { graphql, GraphQLObjectType, GraphQLSchema, isNonNullType, isObjectType } from 'graphql';
import { contractOf } from '../../src/api/contract.js';
import { domain } from '../../src/domain.js';

const schema = contractOf(domain, domain.projections);

const typeNamed = (name: string): GraphQLObjectType => {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is not an object type.`);
  return type;
};

describe('The contract', () => {
  it.each([
    ['Lead', 'name'],
    ['Lead', 'email'],
    ['Account', 'name'],
    ['Opportunity', 'amount'],
    ['PipelineBoardStage', 'weightedAmount'],
    ['SalesKpi', 'wonAmount'],
    ['HistoryEntry', 'data'],
    ['RecordedEvent', 'data'],
  ])('lets %s.%s be null', (type, field) => {
    expect(isNonNullType(typeNamed(type).getFields()[field]?.type)).toBe(false);
  });

  it.each([
    ['Lead', 'id'],
    ['Lead', 'status'],
    ['Lead', 'ownerId'],
    ['Opportunity', 'accountId'],
    ['Money', 'amount'],
  ])('promises %s.%s', (type, field) => {
    expect(isNonNullType(typeNamed(type).getFields()[field]?.type)).toBe(true);
  });

  it('has `withheld` on records, and not on figures', () => {
    const types = domain.projections.map(({ model }) => ({ record: model.record, fields: typeNamed(model.entry).getFields() }));
    expect(types.filter(({ record, fields }) => (record === undefined) === 'withheld' in fields)).toEqual([]);
  });

  it('withholds nothing from a viewer who may see everything', async () => {
    const query = new GraphQLObjectType({ name: 'Query', fields: { lead: { type: typeNamed('Lead') } } });
    const answer = await graphql({
      schema: new GraphQLSchema({ query }),
      source: '{ lead { name withheld } }',
      rootValue: { lead: { name: 'Ana' } },
    });
    expect(answer).toMatchObject({ data: { lead: { name: 'Ana', withheld: [] } } });
  });
});
