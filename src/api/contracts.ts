/** The published contracts as files: the GraphQL schema and the JSON Schemas of all events. CI checks that they are current. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSchema as parseSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { z } from 'zod';
import { domain } from '../domain.js';
import { newestVersions } from '../views/serving/versions.js';
import { contractOf } from './contract.js';
import { schemaChanges } from './schema-changes.js';

const GRAPHQL = 'schema.graphql';
const EVENTS = 'events.schema.json';

/** The JSON Schemas of every version of every event type, by stream type. */
type EventSchemas = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Verdict {
  readonly ok: boolean;
  /** For people, one finding per line. */
  readonly report: string;
}

function publishedSchema(): string {
  return `${printSchema(lexicographicSortSchema(contractOf(domain, newestVersions(domain.projections))))}\n`;
}

function publishedEvents(): EventSchemas {
  return Object.fromEntries(
    domain.records.map(({ type: stream, events }) => [
      stream,
      Object.fromEntries(
        events.flatMap(({ type, version, schema, upcasters }) => [
          ...upcasters.map((old) => [`${type}.v${old.from}`, z.toJSONSchema(old.schema, { io: 'input' })] as const),
          [`${type}.v${version}`, z.toJSONSchema(schema)] as const,
        ]),
      ),
    ]),
  );
}

/** Writes both files. */
export async function emitContracts(folder: string): Promise<Verdict> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, GRAPHQL), publishedSchema());
  await writeFile(join(folder, EVENTS), `${JSON.stringify(publishedEvents(), null, 2)}\n`);
  return { ok: true, report: `Wrote ${join(folder, GRAPHQL)} and ${join(folder, EVENTS)}.` };
}

/** Compares the committed files with the code, and classifies each difference as breaking, dangerous or safe. */
export async function checkContracts(folder: string): Promise<Verdict> {
  const findings: string[] = [];
  const committed = await readFile(join(folder, GRAPHQL), 'utf8').catch(() => '');
  const current = publishedSchema();
  if (committed === '') findings.push(`safe: ${GRAPHQL} does not exist yet`);
  else if (committed !== current) {
    const [before, after] = [parseSchema(committed), parseSchema(current)];
    const changes = Object.entries(schemaChanges(before, after)).flatMap(([kind, descriptions]) =>
      (descriptions as readonly string[]).map((description) => `${kind}: ${GRAPHQL}: ${description}`),
    );
    findings.push(...(changes.length > 0 ? changes : [`safe: ${GRAPHQL}: other descriptions`]));
  }
  const events = JSON.parse(await readFile(join(folder, EVENTS), 'utf8').catch(() => '{}')) as EventSchemas;
  findings.push(...compareEvents(events, JSON.parse(JSON.stringify(publishedEvents())) as EventSchemas));
  if (findings.length === 0) return { ok: true, report: 'The published contracts are what the code says.' };
  return {
    ok: false,
    report: [
      ...findings,
      'The published contracts differ from the code. If the change is intended, run `npm run contracts` and commit the result; describe a breaking change in the change log.',
    ].join('\n'),
  };
}

/** Logs keep every published version of an event: it must not change or be removed. New types and versions are compatible. */
function compareEvents(before: EventSchemas, after: EventSchemas): readonly string[] {
  const flat = (schemas: EventSchemas): Map<string, string> =>
    new Map(
      Object.entries(schemas).flatMap(([stream, types]) =>
        Object.entries(types).map(([type, schema]) => [`${stream}/${type}`, JSON.stringify(schema)] as const),
      ),
    );
  const [old, current] = [flat(before), flat(after)];
  return [
    ...[...old].flatMap(([name, schema]) => {
      if (!current.has(name)) return [`breaking: ${EVENTS}: ${name} was removed, but logs contain it; keep it by an upcaster`];
      return current.get(name) === schema ? [] : [`breaking: ${EVENTS}: ${name} changed; make it a new version with an upcaster`];
    }),
    ...[...current.keys()].filter((name) => !old.has(name)).map((name) => `safe: ${EVENTS}: ${name} is new`),
  ];
}
