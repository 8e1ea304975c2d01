/** The contract's resolvers on a log and read models of their own, without HTTP: moments, limits, and what a failure tells. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { graphql, GraphQLError, locatedError, type GraphQLFormattedError } from 'graphql';
import { pino } from 'pino';
import { domain } from '../../src/domain.js';
import { clientErrors } from '../../src/api/client-errors.js';
import { contractOf } from '../../src/api/contract.js';
import { ApiContext, type ApiServices } from '../../src/api/graphql/context.js';
import { badInput, toClientError } from '../../src/api/graphql/errors.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandHandler, type Outcome } from '../../src/command-handling/command-handler.js';
import { Projector } from '../../src/projector/projector.js';
import { OpenOpportunity } from '../../src/sales/opportunity.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { ServedViews } from '../../src/views/serving/served-views.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { knownErrors } from '../support/domain/known-errors.js';
import { noted } from '../support/log/log-events.js';

const schema = contractOf(domain, domain.projections);

describe('answers', () => {
  let folder: Folder;
  let log: EventLog;
  let views: ViewReader;
  let writer: ViewWriter;
  let commandHandler: CommandHandler;

  beforeEach(async () => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    writer = await openEmbeddedViewWriter({ file: folder.views });
    views = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    commandHandler = new CommandHandler({ log, definitions: domain.definitions });
  });

  afterEach(async () => {
    await views.close();
    await writer.close();
    await log.close();
    folder.remove();
  });

  const send = async (name: string, input: object): Promise<Outcome> => {
    const command = domain.commands.find((each) => each.name === name);
    if (!command) throw new Error(`no command ${name}`);
    const outcome = await commandHandler.execute(command.from(input), { actor: 'ana' });
    await new Projector({ log, views: writer, reader: views, projections: domain.projections }).catchUp();
    return outcome;
  };

  const ask = async (source: string, variableValues: Readonly<Record<string, unknown>> = {}) => {
    const served = new ServedViews(
      views,
      domain.projections.map(({ model }) => model),
    );
    await served.start();
    const services: Omit<ApiServices, 'head' | 'administration' | 'verifications'> = {
      log,
      definitions: domain.definitions,
      views,
      served,
      timeZone: 'UTC',
      minPositionTimeoutMs: 100,
      slowClient: { ms: 100, events: 0 },
      execute: (...asked: Parameters<CommandHandler['execute']>) => commandHandler.execute(...asked),
    };
    const { data, errors = [] } = await graphql({
      schema,
      source,
      variableValues,
      contextValue: new ApiContext(services as ApiServices, { actor: 'ana' }),
    });
    served.stop();
    return { data: JSON.parse(JSON.stringify(data ?? null)) as Record<string, unknown> | null, errors };
  };

  /** What the client is told of the first error: its code and message; undefined when it is kept inside. */
  const told = (errors: readonly GraphQLError[]): GraphQLError | undefined => toClientError(errors[0]?.originalError ?? errors[0]);

  it('shows the records that a summary refers to as they were at its moment', async () => {
    const stages = [{ name: 'Contacted', probability: 50 }];
    await send('DefinePipeline', { id: 'p', name: 'Before', currency: 'EUR', stages, lossReasons: ['price'] });
    await send('RegisterAccount', { id: 'a', name: 'Moara' });
    const amount = { amount: 100, currency: 'EUR' };
    const { position } = await send('OpenOpportunity', { name: 'Ovens', accountId: 'a', pipelineId: 'p', amount });
    await send('RevisePipeline', { id: 'p', name: 'After' });
    const query = `query ($at: Moment) { salesKpisSummary(groupBy: [{ by: PIPELINE_ID }], asOf: $at) { groups { opened pipeline { name } } } }`;
    expect((await ask(query)).data).toEqual({ salesKpisSummary: { groups: [{ opened: 1, pipeline: { name: 'After' } }] } });
    expect((await ask(query, { at: { position: String(position) } })).data).toEqual({
      salesKpisSummary: { groups: [{ opened: 1, pipeline: { name: 'Before' } }] },
    });
  });

  it('refuses a filter of more conditions than a store takes, by name', async () => {
    await send('RegisterLead', { name: 'Ana' });
    const where = { or: Array.from({ length: 3_000 }, (_, index) => ({ ownerId: { eq: `user${index}` } })) };
    const { errors } = await ask('query ($where: LeadWhere) { leads(where: $where) { nodes { id } } }', { where });
    expect(told(errors)?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', problems: [{ path: ['where'] }] });
  });

  it('shows an event of a type that this program does not know as it stands', async () => {
    const { stream } = await send('RegisterLead', { name: 'Ana' });
    await log.append(stream, 0, [noted({ by: 'law' }, { type: 'LeadForgotten' })]);
    const { errors, data } = await ask(`{ lead(id: "${stream.id}") { history { nodes { type data changes { field } } } } }`);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      lead: { history: { nodes: [{ type: 'LEAD_REGISTERED' }, { type: null, data: { by: 'law' }, changes: [] }] } },
    });
  });

  it('keeps inside what is wrong inside', async () => {
    const { stream } = await send('RegisterLead', { name: 'Ana' });
    log.readStream = () => Promise.reject(new TypeError('a fault of the program'));
    const { errors } = await ask(`{ lead(id: "${stream.id}") { history { nodes { type } } } }`);
    expect(errors[0]?.message).toContain('a fault of the program');
    expect(told(errors)).toBeUndefined();
  });

  it('says which sum is beyond what is exact', async () => {
    const stages = [{ name: 'Contacted', probability: 50 }];
    await send('DefinePipeline', { id: 'p', name: 'Sales', currency: 'EUR', stages, lossReasons: ['price'] });
    await send('RegisterAccount', { id: 'a', name: 'Moara' });
    const amount = { amount: 1e14, currency: 'EUR' };
    for (let count = 0; count < 91; count++) {
      const open = OpenOpportunity({ name: 'Ovens', accountId: 'a', pipelineId: 'p', amount });
      await commandHandler.execute(open, { actor: 'ana' });
    }
    await new Projector({
      log,
      views: writer,
      reader: views,
      projections: domain.projections.filter(({ model }) => model.name === 'opportunities'),
    }).catchUp();
    const { errors } = await ask('{ opportunitiesSummary { total { amount { amount } } } }');
    expect(told(errors)?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      problems: [{ path: ['groupBy'], message: expect.stringContaining('2^53') }],
    });
  });
});

describe('a failure in a request', () => {
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const tellClient = clientErrors(logger);

  /** What the client is shown of a failure in a resolver, as Apollo asks for it. */
  const shown = (failure: Error): GraphQLFormattedError => {
    const located = locatedError(failure, [], ['lead', 'name']);
    const code = (failure as { readonly extensions?: { readonly code?: string } }).extensions?.code ?? 'INTERNAL_SERVER_ERROR';
    return tellClient({ ...located.toJSON(), extensions: { ...located.extensions, code } }, located);
  };

  it.each([
    ['of the program', new RangeError('Invalid array length')],
    ['of serialising a value', new GraphQLError('Float cannot represent non numeric value: "Ana Pop"')],
  ])('%s stays inside, and leaves no personal data in the log', (_, failure) => {
    lines.length = 0;
    expect(shown(failure)).toMatchObject({
      message: expect.stringContaining('internal error'),
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('answers.test');
    expect(lines[0]).not.toContain('Ana Pop');
  });

  it('of the caller is told, and not logged', () => {
    lines.length = 0;
    expect(shown(badInput('BAD_CURSOR', 'after', 'after is not a cursor.'))).toMatchObject({
      message: 'after is not a cursor.',
      extensions: { code: 'BAD_CURSOR' },
    });
    expect(lines).toEqual([]);
  });

  type Kind = keyof typeof knownErrors;
  const messages = Object.fromEntries(Object.entries(knownErrors).map(([kind, { message }]) => [kind, message])) as Record<Kind, string>;
  const away = (what: string): string =>
    `${what} Nothing was written unless the same command, sent again with the same commandId, says so. Try again later.`;

  const problem = (kind: Kind, code: string, field: string): [Kind, string, object] => [
    kind,
    messages[kind],
    { code, problems: [{ path: field.split('.'), message: messages[kind] }] },
  ];

  const toldKinds: [Kind, string, object][] = [
    [
      'InvalidInput',
      messages.InvalidInput,
      { code: 'BAD_USER_INPUT', problems: [{ path: ['input', 'reason'], message: 'reason is required' }] },
    ],
    ['Rejection', messages.Rejection, { code: 'LEAD_NOT_OPEN', path: ['id'] }],
    problem('NotFound', 'NOT_FOUND', 'readModel'),
    problem('StaleDecision', 'STALE_DECISION', 'eventId'),
    problem('NotReady', 'NOT_READY', 'build'),
    ['PositionTimeout', messages.PositionTimeout, { code: 'POSITION_TIMEOUT', position: '9' }],
    problem('BadCursor', 'BAD_CURSOR', 'after'),
    problem('NoSuchPosition', 'BAD_USER_INPUT', 'after'),
    problem('NoHistory', 'NO_HISTORY', 'asOf'),
    ['LogUnavailable', away('The event log can not be used right now: it could not read the log.'), { code: 'UNAVAILABLE' }],
    ['KeysUnavailable', away('The keys of personal data can not be used right now.'), { code: 'UNAVAILABLE' }],
    ['ViewsUnavailable', away('The read models can not be used right now.'), { code: 'UNAVAILABLE' }],
    ['BuildGone', away('The read models can not be used right now.'), { code: 'UNAVAILABLE' }],
  ];

  it.each(toldKinds)('of the kind %s is told by its code', (kind, message, extensions) => {
    const { message: told, extensions: toldExtensions } = shown(knownErrors[kind]);
    expect({ message: told, extensions: toldExtensions }).toEqual({ message, extensions });
  });

  it.each(Object.entries(knownErrors).filter(([kind]) => !toldKinds.some(([told]) => told === kind)))(
    'of the kind %s is for whoever runs the server',
    (_, failure) => {
      expect(toClientError(failure)).toBeUndefined();
      expect(shown(failure).extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR' });
    },
  );
});
