/** However many records an answer refers to, each read model is asked for them once. */
import { expect, it, jest } from '@jest/globals';
import { graphql } from 'graphql';
import { domain } from '../../src/domain.js';
import { contractOf } from '../../src/api/contract.js';
import { ApiContext, type ApiServices } from '../../src/api/graphql/context.js';
import type { ReadModelSpec } from '../../src/kernel/read-model.js';
import type { Build } from '../../src/views/port/builds.js';
import type { ViewReader } from '../../src/views/port/store.js';

const schema = contractOf(domain, domain.projections);

it('batches the references of a whole list, each record once', async () => {
  const get = jest.fn<ViewReader['get']>(async ({ model }, keys) => keys.map((id) => ({ id, name: `${model.name} ${id}` })));
  const list = jest.fn<ViewReader['list']>(async () => ({
    json: JSON.stringify(
      Array.from({ length: 50 }, (_, i) => ({
        key: `o${i}`,
        cursor: `c${i}`,
        document: { id: `o${i}`, accountId: `a${i % 5}`, pipelineId: 'p', leadId: null },
      })),
    ),
    hasNext: false,
  }));
  const services = {
    views: { get, list },
    served: { build: (model: ReadModelSpec): Build => ({ model, number: 1 }) },
    minPositionTimeoutMs: 0,
  } as unknown as ApiServices;
  const { errors, data } = await graphql({
    schema,
    source: '{ opportunities { nodes { account { name } pipeline { name } again: account { id } lead { id } } } }',
    contextValue: new ApiContext(services, { actor: 'ana' }),
  });
  expect(errors).toBeUndefined();
  expect(list).toHaveBeenCalledTimes(1);
  expect(get.mock.calls.map(([{ model }, keys]) => [model.name, keys])).toEqual([
    ['accounts', ['a0', 'a1', 'a2', 'a3', 'a4']],
    ['pipelines', ['p']],
  ]);
  const { nodes } = data?.['opportunities'] as { readonly nodes: readonly unknown[] };
  expect(nodes[7]).toEqual({ account: { name: 'accounts a2' }, pipeline: { name: 'pipelines p' }, again: { id: 'a2' }, lead: null });
});
