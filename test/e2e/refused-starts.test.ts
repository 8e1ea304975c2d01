/** Starts that can't succeed: one clear message that says what to do, a code that is not zero, and nothing touched. */
import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { holdLock } from '../../src/sqlite/lock.js';
import { registerLead } from '../support/api/funnel.js';
import { runProgram, startServer, type Exit } from '../support/processes/server.js';
import { folderPerTest } from '../support/folder.js';

const folder = folderPerTest();

const serve = async (environment: Readonly<Record<string, string>> = {}, ...args: readonly string[]): Promise<Exit> =>
  runProgram(['serve', '--data-dir', folder.path, '--port', '0', ...args], environment);

const expectRefused = ({ code, output }: Exit, ...says: readonly (string | RegExp)[]): void => {
  expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/^[^\n]+\n$/) });
  for (const words of says) expect(output).toMatch(words);
  expect(output).not.toMatch(/\bat \w+.*:\d+:\d+|Error:|SQLITE|errno/);
};

describe('a configuration', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly (string | RegExp)[]]>([
    ['with a value of the wrong type', { DAYBOOK_STATE_CACHE: 'many' }, ['DAYBOOK_STATE_CACHE', /whole number/]],
    ['with a value out of range', { DAYBOOK_BODY_LIMIT_BYTES: '1' }, ['DAYBOOK_BODY_LIMIT_BYTES']],
    ['with an unknown variable', { DAYBOOK_PROT: '4000' }, ['DAYBOOK_PROT is not a setting', 'DAYBOOK_PORT']],
    ['with an address that others can reach', { DAYBOOK_HOST: '0.0.0.0' }, ['DAYBOOK_HOST', 'exposed']],
    ['with a wrong log level', { DAYBOOK_LOG_LEVEL: 'loud' }, ['DAYBOOK_LOG_LEVEL', 'debug']],
    ['with several mistakes tells all', { DAYBOOK_STATE_CACHE: '-1', DAYBOOK_COLOUR: 'red' }, ['DAYBOOK_STATE_CACHE', 'DAYBOOK_COLOUR']],
    ['whose file is not there', { DAYBOOK_CONFIG: '/nowhere/daybook.yaml' }, ['/nowhere/daybook.yaml']],
  ])('%s is refused', async (_, environment, says) => {
    expectRefused(await serve(environment), ...says);
  });

  it('with a port that is none is refused', async () => {
    expectRefused(await serve({}, '--port', '70000'), '--port', '65535');
  });

  it('in a file with an unknown key is refused', async () => {
    const file = join(folder.path, 'settings.yaml');
    writeFileSync(file, 'port: 0\ndataFolder: x\n');
    expectRefused(await serve({ DAYBOOK_CONFIG: file }), 'dataFolder', 'dataDir');
  });
});

describe('the contexts in use', () => {
  it('that need one which is left out are refused, and what needs it is told', async () => {
    const missing = /accountId of the command OpenOpportunity refers to account, a record type of parties, which modules leaves out/;
    expectRefused(await serve({ DAYBOOK_MODULES: 'sales' }), missing);
    expect(existsSync(folder.events)).toBe(false);
  });

  it('with one that there is not are refused, and those that there are are told', async () => {
    expectRefused(await serve({ DAYBOOK_MODULES: 'parties,trade' }), /there is no context trade; the contexts are .*sales, parties/);
  });

  it('that need no other start, and offer nothing of those that are left out', async () => {
    const server = await startServer(folder.path, { DAYBOOK_MODULES: 'parties' });
    const register = 'mutation ($input: RegisterAccountInput!) { registerAccount(input: $input) { account { name } } }';
    expect(await server.ask(register, { input: { name: 'Brutăria Ana' } })).toEqual({
      registerAccount: { account: { name: 'Brutăria Ana' } },
    });
    const { status, errors } = await server.request('{ leads { nodes { id } } }');
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ message: expect.stringContaining('Cannot query field "leads"') }]);
    await server.stop();
  });
});

describe('a data folder', () => {
  it('that an import has to itself is refused, and who has it is told', async () => {
    const lock = holdLock(join(folder.path, 'server.lock'), { shared: false });
    expectRefused(await serve(), folder.path, `process ${process.pid}`);
    lock.release();
    await (await startServer(folder.path)).stop();
  });

  it('that can not be made is refused', async () => {
    expectRefused(await runProgram(['serve', '--port', '0', '--data-dir', '/dev/null/data']), '/dev/null/data');
  });

  it('that is a file is refused', async () => {
    const file = join(folder.path, 'a-file');
    writeFileSync(file, 'not a folder');
    expectRefused(await runProgram(['serve', '--port', '0', '--data-dir', file]), file);
    expect(readFileSync(file, 'utf8')).toBe('not a folder');
  });

  it.each(['events.db', 'views.db'])('whose %s is something else is refused, and left as it is', async (name) => {
    const file = join(folder.path, name);
    writeFileSync(file, 'these are my notes\n'.repeat(1_000));
    expectRefused(await serve(), name);
    expect(readFileSync(file, 'utf8')).toBe('these are my notes\n'.repeat(1_000));
  });

  it('whose log is a folder is refused', async () => {
    mkdirSync(folder.events);
    expectRefused(await serve(), 'events.db');
  });

  it('whose log was cut short is refused', async () => {
    const server = await startServer(folder.path);
    for (let i = 0; i < 40; i++) await registerLead(server, { interest: 'x'.repeat(2_000) });
    await server.stop();
    truncateSync(folder.events, 8_192);
    const cut = readFileSync(folder.events);
    expectRefused(await serve(), 'events.db');
    expect(readFileSync(folder.events).equals(cut)).toBe(true);
  });
});

describe('a port', () => {
  it('that another program has is refused', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expectRefused(await serve({}, '--port', String(port)), String(port), /--port|DAYBOOK_PORT/);
    other.close();
  });
});
