/** The files for containers: no engine is needed to see that they name things that are there, and expose nothing. */
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { parse } from 'yaml';
import { describeSettings, hasRole, loadConfig } from '../../src/config.js';
import { parseAddress } from '../../src/log/kurrent/address.js';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: string | readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const files = ['docker-compose.yml', 'docker-compose.cluster.yml'];

function read(file: string): Compose {
  const passwords = { KURRENTDB_ADMIN_PASSWORD: 'adm1n', KURRENTDB_OPS_PASSWORD: '0ps' } as const;
  const text = readFileSync(file, 'utf8').replace(/\$\{(\w+):\?[^}]+\}/g, (_, name: string) => passwords[name as keyof typeof passwords]);
  expect(text.replaceAll('$$', '')).not.toContain('$');
  return parse(text, { merge: true }) as Compose;
}

const servicesOf = (file: string): readonly [string, Service][] => Object.entries(read(file).services);
const ofDaybook = (file: string): readonly [string, Service][] => servicesOf(file).filter(([, { image }]) => image?.startsWith('daybook:'));

/** Ends by itself, having made something that others need. */
const isOnce = ({ restart }: Service): boolean => restart === 'no';

describe.each(files)('%s', (file) => {
  test('pins each image to one release', () => {
    for (const [, { image }] of servicesOf(file)) expect(image).toMatch(/^[a-z0-9-]+(\/[a-z0-9-]+)?:\d+\.\d+\.\d+$/);
  });

  test('publishes ports on loopback alone', () => {
    const published = servicesOf(file).flatMap(([, { ports = [] }]) => ports);
    expect(published).toContain('127.0.0.1:4000:4000');
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(new Set(published.map((port) => port.split(':')[1])).size).toBe(published.length);
  });

  test('asks every service that stays how it is, and starts those that need it after that', () => {
    const { services } = read(file);
    for (const service of Object.values(services)) {
      expect(service.healthcheck === undefined).toBe(isOnce(service));
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        const other = services[needed];
        expect(condition).toBe(other && isOnce(other) ? 'service_completed_successfully' : 'service_healthy');
      }
    }
  });

  test('mounts volumes that it names, and names none that nobody mounts', () => {
    const mounted = servicesOf(file).flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    expect([...new Set(mounted)].sort()).toEqual(Object.keys(read(file).volumes).sort());
  });

  test('keeps the keys of personal data apart from the data, in one volume for all of Daybook', () => {
    const mounts = ofDaybook(file).map(([, { volumes = [] }]) => volumes.filter((volume) => /:\/data(-keys)?$/.test(volume)));
    for (const [data, keys] of mounts) {
      expect(data).toMatch(/^\w+:\/data$/);
      expect(keys).toBe('keys:/data-keys');
    }
    expect(mounts.length).toBeGreaterThan(0);
  });

  test('gives Daybook settings that it takes', () => {
    const known = describeSettings().map(({ variable }) => variable);
    for (const [, { environment = {}, build }] of ofDaybook(file)) {
      expect(build !== undefined && existsSync(`${build}/Dockerfile`)).toBe(true);
      const settings = Object.entries(environment).filter(([name]) => name.startsWith('DAYBOOK_'));
      expect(settings.length).toBeGreaterThan(0);
      for (const [name, value] of settings) {
        expect(known).toContain(name);
        expect(typeof value).toBe('string');
      }
      const { logUrl, viewsUrl } = loadConfig(environment);
      const reached = [...parseAddress(logUrl).shown.matchAll(/([\w-]+):2113/g), ...viewsUrl.matchAll(/([\w-]+):27017/g)];
      for (const [, host] of reached) expect(Object.keys(read(file).services)).toContain(host);
      expect(reached.length).toBeGreaterThan(1);
    }
  });

  test('lets a Daybook whose port is published be reached, and no other', () => {
    for (const [, { environment = {}, ports = [] }] of ofDaybook(file)) {
      const { host, exposed } = loadConfig(environment);
      expect([host, exposed]).toEqual(ports.length > 0 ? ['0.0.0.0', true] : ['127.0.0.1', false]);
    }
  });

  test('has scripts without mistakes in their writing', () => {
    let scripts = 0;
    for (const [, { command, entrypoint, healthcheck }] of servicesOf(file)) {
      const words = [
        ...(entrypoint ?? []),
        ...(Array.isArray(command) ? (command as readonly string[]) : []),
        ...(healthcheck?.test ?? []),
      ];
      words.forEach((word, index) => {
        if (word === '--eval' || word === '-e') scripts += new Script(words[index + 1] ?? '') instanceof Script ? 1 : 0;
        if (word === '-ec') {
          const { status, stderr } = spawnSync('bash', ['-n', '-c', (words[index + 1] ?? '').replaceAll('$$', '$')]);
          expect([status, stderr.toString()]).toEqual([0, '']);
          scripts += 1;
        }
      });
    }
    expect(scripts).toBeGreaterThan(2);
  });
});

test('the cluster has three nodes of each database, two processes that answer and two that project', () => {
  const services = servicesOf('docker-compose.cluster.yml');
  const staying = services.filter(([, service]) => !isOnce(service));
  const of = (image: string) => staying.filter(([, service]) => service.image?.startsWith(image));
  expect([of('kurrentplatform/kurrentdb:').length, of('mongo:').length]).toEqual([3, 3]);
  const roles = ofDaybook('docker-compose.cluster.yml').map(([, { environment = {} }]) => loadConfig(environment));
  expect(roles.map((config) => [hasRole(config, 'api'), hasRole(config, 'projector'), hasRole(config, 'policies')])).toEqual([
    [true, false, false],
    [true, false, false],
    [false, true, true],
    [false, true, true],
  ]);
  for (const [name, { environment = {} }] of of('kurrentplatform/kurrentdb:')) {
    const seeds = environment['KURRENTDB_GOSSIP_SEED']?.split(',').map((seed) => seed.replace(':2113', ''));
    expect([...(seeds ?? []), name].sort()).toEqual(['kurrentdb1', 'kurrentdb2', 'kurrentdb3']);
    expect(environment['KURRENTDB_NODE_HOST_ADVERTISE_AS']).toBe(name);
    expect(environment).not.toHaveProperty('KURRENTDB_INSECURE');
  }
});

test('the cluster has no password in the file and none that is left at its default', () => {
  const text = readFileSync('docker-compose.cluster.yml', 'utf8');
  expect([...text.matchAll(/PASSWORD: (.*)$/gm)].map(([, value]) => value)).toEqual(
    ['ADMIN', 'OPS'].map((who) => `\${KURRENTDB_${who}_PASSWORD:?choose one of letters and digits}`),
  );
  expect(text).not.toContain('changeit');
});

describe('the workflow on GitHub', () => {
  interface Job {
    readonly services?: Readonly<Record<string, Service & { readonly options: string }>>;
    readonly env?: Readonly<Record<string, string>>;
    readonly strategy?: {
      readonly matrix: Readonly<Record<'mongodb' | 'log', readonly string[]>> & {
        readonly include: readonly Readonly<Record<string, string>>[];
      };
    };
    readonly steps: readonly Step[];
  }
  interface Step {
    readonly run?: string;
    readonly uses?: string;
    readonly with?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
  }
  const { jobs } = parse(readFileSync('.github/workflows/ci.yml', 'utf8')) as { readonly jobs: Readonly<Record<string, Job>> };
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('runs .ci/run, on the Node that the image has', () => {
    expect(jobs['check']?.steps.map(({ run }) => run)).toContain('bash .ci/run');
    const [, version] = /FROM node:([\d.]+)-/.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
    const versions = steps.flatMap(({ with: given }) => given?.['node-version'] ?? []);
    expect([...new Set(versions)]).toEqual([version]);
    for (const uses of steps.flatMap((step) => step.uses ?? [])) {
      if (uses.startsWith('./')) {
        expect(parse(readFileSync(join(uses, 'action.yml'), 'utf8'))).toMatchObject({ runs: { using: 'composite' } });
      } else expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
    }
  });

  test('runs the suites of the engines on the servers of the compose file', () => {
    const { services = {}, env = {}, strategy, steps: own = [] } = jobs['servers'] ?? {};
    const compose = read('docker-compose.yml').services;
    expect(services['log']?.image).toMatch(/^\$\{\{ matrix\.log \}\}$/);
    expect(strategy?.matrix.log).toEqual([compose['kurrentdb']?.image]);
    // The oldest line of versions that docs/engines.md promises, too.
    expect(strategy?.matrix.include.map(({ log }) => log)).toEqual([expect.stringMatching(/^eventstore\/eventstore:23\.10\./)]);
    expect(own.flatMap((step) => step.env?.['IMAGE'] ?? [])).toEqual([compose['mongodb']?.image]);
    expect(parseAddress(env['KURRENTDB_URL'] ?? '').shown).toBe('kurrentdb://127.0.0.1:2113');
    expect(env['MONGODB_URL']).toBe('mongodb://127.0.0.1:27017');
    const runs = own.flatMap(({ run }) => run ?? []);
    const [, ...folders] = /^npm test -- (\S+) (\S+)$/.exec(runs.at(-2) ?? '') ?? [];
    expect(folders).toHaveLength(2);
    for (const folder of folders) expect(statSync(folder).isDirectory()).toBe(true);
    expect(runs.at(-1)).toBe('npm run test:engines');
  });

  test('starts MongoDB in each of the ways that it is run', () => {
    const { strategy, steps: own = [] } = jobs['servers'] ?? {};
    const start = own.find(({ env }) => env?.['IMAGE'] !== undefined)?.run ?? '';
    const { status, stderr } = spawnSync('bash', ['-n'], { input: start, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const ways = [...start.matchAll(/^ {2}'?([\w ]+?)'?\)$/gm)].map(([, way]) => way);
    expect(ways).toEqual(['standalone', 'replica set', 'sharded cluster']);
    expect(strategy?.matrix.mongodb).toEqual(ways);
  });
});
