/** `daybook projections status`, `cutover`, `rollback` and `drop`. */
import type { Config } from '../config.js';
import { buildName } from '../views/port/build-identity.js';
import type { BuildId, BuildRecord } from '../views/port/builds.js';
import { jsonOfBuild, projectorName, tableOfBuilds, type BuildRow } from './build-rows.js';
import { withSession, type Session } from './session.js';
import { counted, plain } from './table.js';
import { widthOf, type Terminal } from './terminal.js';

export interface OutputOptions {
  readonly json?: boolean;
}

/** @returns the exit code: 0. @throws NotFound, LogUnavailable, ViewsUnavailable */
export async function runStatus(
  config: Config,
  names: readonly string[],
  { json = false }: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  return withSession(config, terminal, {}, async (session) => {
    const { out } = terminal;
    const records = (await session.administration.builds()).filter(({ name }) => names.length === 0 || names.includes(name));
    session.administration.mustBeReadModels(names.filter((name) => !records.some((record) => record.name === name)));
    const rows = await rowsOf(session, records);
    if (json) out.write(`${JSON.stringify({ builds: rows.map(jsonOfBuild) }, undefined, 2)}\n`);
    else if (rows.length === 0) out.write('Nothing has been built yet: start the server, or run `daybook projections rebuild --all`.\n');
    else out.write(`${tableOfBuilds(rows, widthOf(out))}${advice(rows)}`);
    return 0;
  });
}

/** The commands that change the state of a build. */
const steps = {
  cutover: { ask: ({ administration }, name, number) => administration.cutOver(name, number), result: 'is live now' },
  rollback: { ask: ({ administration }, name, number) => administration.rollBack(name, number), result: 'is live again' },
  drop: { ask: ({ administration }, name, number) => administration.drop(name, number ?? 0), result: 'was dropped' },
} as const satisfies Record<
  string,
  { readonly ask: (session: Session, name: string, number: number | undefined) => Promise<BuildId>; readonly result: string }
>;

export type BuildStep = keyof typeof steps;

/** @returns the exit code: 0. @throws NotFound, NotReady, ViewsUnavailable */
export async function runBuildStep(
  config: Config,
  step: BuildStep,
  { name, build, json = false }: OutputOptions & { readonly name: string; readonly build?: number },
  terminal: Terminal,
): Promise<number> {
  return withSession(config, terminal, {}, async (session) => {
    const { ask, result } = steps[step];
    const live = (await session.administration.builds(name)).find(({ state }) => state === 'live');
    const done = await ask(session, name, build);
    const already = live !== undefined && buildName(live) === buildName(done);
    const others = (await session.administration.builds()).filter((record) => record.name === name);
    const rows = await rowsOf(session, others);
    if (json) terminal.out.write(`${JSON.stringify({ build: done, builds: rows.map(jsonOfBuild) }, undefined, 2)}\n`);
    else {
      terminal.out.write(
        `${plain(buildName(done))} ${already ? 'is already live' : result}.\n\n${tableOfBuilds(rows, widthOf(terminal.out))}`,
      );
    }
    return 0;
  });
}

/** The builds with the current end of the log and their projectors. */
export async function rowsOf({ log, administration }: Session, records: readonly BuildRecord[]): Promise<readonly BuildRow[]> {
  const [head, leases] = [await log.head(), await administration.projectors()];
  return records.map((record) => ({ record, head, lease: leases.find(({ name }) => name === record.name) }));
}

/** The named read models without duplicates; all if none is named. @throws NotFound */
export function readModels({ administration }: Session, names: readonly string[]): readonly string[] {
  if (names.length === 0) return administration.readModels;
  administration.mustBeReadModels(names);
  return [...new Set(names)];
}

/** A description of the process that projects a read model; undefined if there is none. */
export async function projectorOf({ administration }: Session, name: string): Promise<string | undefined> {
  const lease = (await administration.projectors()).find((held) => held.name === name);
  return lease && projectorName(lease);
}

function advice(rows: readonly BuildRow[]): string {
  const deadLetters = rows.reduce((sum, { record }) => sum + record.deadLetters, 0);
  const alone = rows.some(({ record, head, lease }) => !lease && record.position < head);
  return [
    ...(deadLetters > 0 ? [`\n${counted(deadLetters, 'dead letter')}: see \`daybook dead-letters list\`.\n`] : []),
    ...(alone ? ['\nNo projector is running. Builds that are behind continue when a server starts.\n'] : []),
  ].join('');
}
