/** A field that fails is null with its error beside it; the other fields of the same request keep their answers. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { registerLead } from '../support/api/funnel.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();

beforeAll(() => registerLead(server));

describe('Two mutations in one request', () => {
  it('keep the result of the first when the second fails', async () => {
    const { data, errors } = await server.request(`mutation {
      first: registerLead(input: { name: "Ion Rus" }) { lead { name } userErrors { code } }
      second: registerLead(input: { name: " " }) { lead { name } userErrors { code } }
    }`);
    expect(data).toEqual({ first: { lead: { name: 'Ion Rus' }, userErrors: [] }, second: null });
    expect(errors).toMatchObject([{ path: ['second'], extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('name a commandId each, also when a rule refuses and the client gave none', async () => {
    const { data } = await server.request(`mutation {
      done: registerLead(input: { name: "Ion Rus" }) { commandId userErrors { code } }
      refused: qualifyLead(input: { id: "nobody", temperature: HOT }) { commandId userErrors { code } }
    }`);
    const commandId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(data).toEqual({ done: { commandId, userErrors: [] }, refused: { commandId, userErrors: [{ code: 'LEAD_NOT_FOUND' }] } });
  });
});

describe('A dashboard', () => {
  it('keeps what can be answered when one of its root fields fails', async () => {
    const { data, errors } = await server.request(`{
      leads { nodes { name } }
      accounts(after: "not a cursor") { nodes { name } }
      logPosition
    }`);
    expect(data).toEqual({ leads: { nodes: expect.any(Array) }, accounts: null, logPosition: expect.any(String) });
    expect(errors).toMatchObject([{ path: ['accounts'], extensions: { code: 'BAD_CURSOR' } }]);
  });

  it('keeps a record when a list below it fails', async () => {
    const { data, errors } = await server.request(`{
      leads(first: 1) { nodes { id history(first: 0) { nodes { id } } duplicates(first: 0) { id } } }
    }`);
    expect(data).toEqual({ leads: { nodes: [{ id: expect.any(String), history: null, duplicates: null }] } });
    expect(errors).toMatchObject([{ path: ['leads', 'nodes', 0, 'history'] }, { path: ['leads', 'nodes', 0, 'duplicates'] }]);
  });
});
