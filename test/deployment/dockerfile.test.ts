/** The image: what it is built from is there, it runs without rights, and its question after its health is one that Daybook answers. */
import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { validate } from 'dockerfile-utils';

const text = readFileSync('Dockerfile', 'utf8');
const lines = text.replace(/\\\n\s*/g, '').split('\n');
const after = (instruction: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

test('a linter finds nothing in it', () => {
  expect(validate(text)).toEqual([]);
});

test('it has two stages on one pinned image, and ends as a user without rights', () => {
  const [build, runtime] = after('FROM');
  expect(build).toBe(`${runtime} AS build`);
  expect(runtime).toMatch(/^node:\d+\.\d+\.\d+-[a-z]+-slim$/);
  expect(after('USER')).toEqual(['node']);
});

test('what it copies is in the project and not kept away from it', () => {
  const given = readFileSync('.dockerignore', 'utf8').split('\n');
  expect(given.slice(1)).toContain('*');
  const allowed = given.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  for (const name of allowed) expect(existsSync(name)).toBe(true);
  const copied = after('COPY').flatMap((words) => words.split(' ').slice(0, -1));
  for (const name of copied.filter((word) => /^[\w.-]+$/.test(word) && word !== '.')) expect(allowed).toContain(name);
  const built = copied.filter((word) => word.startsWith('/app/')).map((word) => word.slice(5));
  for (const name of built) expect([...allowed, 'dist', 'node_modules']).toContain(name);
  // What the build reads: scripts/build.mjs.
  for (const name of ['bench', 'contracts', 'projections', 'scripts', 'src', '.swcrc']) expect(allowed).toContain(name);
});

test('its data and the keys of personal data are in volumes of their own, which its user may write', () => {
  expect(after('VOLUME')).toEqual(['["/data", "/data-keys"]']);
  expect(after('RUN').join('\n')).toMatch(/chown node:node \/data \/data-keys && chmod 700 \/data-keys/);
  expect(text).toContain('DAYBOOK_DATA_DIR=/data\n');
});

test('it starts the entry that the package has', () => {
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly bin: { readonly daybook: string } };
  expect(after('ENTRYPOINT')).toEqual([JSON.stringify(['node', bin.daybook]).replaceAll(',', ', ')]);
  expect(after('CMD')).toEqual(['["serve"]']);
});

test.each([
  [200, 0],
  [503, 1],
  [undefined, 1],
])('its question after its health, answered with %s, ends with %d', async (status, code) => {
  const asked: (string | undefined)[] = [];
  server = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(status ?? 500).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (status === undefined) await once(server.close(), 'close');

  const [, command = '[]'] = /CMD (\[.*\])$/.exec(after('HEALTHCHECK')[0] ?? '') ?? [];
  const [program = '', ...args] = JSON.parse(command) as readonly string[];
  const child = spawn(program, args, { env: { PATH: process.env['PATH'], DAYBOOK_PORT: String(port) } });
  expect(await once(child, 'close')).toEqual([code, null]);
  expect(asked).toEqual(status === undefined ? [] : ['/health/live']);
});
