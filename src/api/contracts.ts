/** The published contracts as files: the GraphQL schema and the JSON Schemas of all events; written by the build, compared in CI. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSchema as parseSchema, findBreakingChanges, findDangerousChanges, lexicographicSortSchema, printSchema } from 'graphql';
import { z } from 'zod';
import { streamTypes } from '../../contracts/index.js';
import { projections } from '../../projections/index.js';
import { newestVersions } from '../views/builds.js';
import { contractOf } from './contract.js';

const GRAPHQL = 'schema.graphql';
const EVENTS = 'events.schema.json';

/** The JSON Schemas of every version of every event type, by stream type. */
type EventSchemas = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Verdict {
  readonly ok: boolean;
  /** For people, one finding a line. */
  readonly report: string;
}

function publishedSchema(): string {
  return `${printSchema(lexicographicSortSchema(contractOf(newestVersions(projections))))}\n`;
}

function publishedEvents(): EventSchemas {
  return Object.fromEntries(
    Object.entries(streamTypes).map(([stream, definitions]) => [
      stream,
      Object.fromEntries(
        definitions.flatMap(({ type, version, schema, upcasters }) => [
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

/** Compares the committed files with what the code publishes, and tells breaking differences from compatible ones. */
export async function checkContracts(folder: string): Promise<Verdict> {
  const findings: string[] = [];
  const committed = await readFile(join(folder, GRAPHQL), 'utf8').catch(() => '');
  const current = publishedSchema();
  if (committed === '') findings.push(`compatible: ${GRAPHQL} is not there yet`);
  else if (committed !== current) {
    const [before, after] = [parseSchema(committed), parseSchema(current)];
    const breaking = findBreakingChanges(before, after).map(({ description }) => `breaking: ${GRAPHQL}: ${description}`);
    const dangerous = findDangerousChanges(before, after).map(
      ({ description }) => `compatible, but look twice: ${GRAPHQL}: ${description}`,
    );
    findings.push(
      ...(breaking.length + dangerous.length > 0 ? [...breaking, ...dangerous] : [`compatible: ${GRAPHQL}: additions or descriptions`]),
    );
  }
  const events = JSON.parse(await readFile(join(folder, EVENTS), 'utf8').catch(() => '{}')) as EventSchemas;
  findings.push(...compareEvents(events, JSON.parse(JSON.stringify(publishedEvents())) as EventSchemas));
  if (findings.length === 0) return { ok: true, report: 'The published contracts are what the code says.' };
  return {
    ok: false,
    report: [
      ...findings,
      'The published contracts differ from the code. When the change is meant, run `npm run contracts` and commit the result; a breaking one also needs a word in the change log.',
    ].join('\n'),
  };
}

/** A published version of an event is in logs for ever: it may not change or go. New types and versions are compatible. */
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
      if (!current.has(name)) return [`breaking: ${EVENTS}: ${name} is gone, but logs hold it; keep it by an upcaster`];
      return current.get(name) === schema ? [] : [`breaking: ${EVENTS}: ${name} changed; make it a new version with an upcaster`];
    }),
    ...[...current.keys()].filter((name) => !old.has(name)).map((name) => `compatible: ${EVENTS}: ${name} is new`),
  ];
}
