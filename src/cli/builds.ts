/** `daybook projections status`, `cutover`, `rollback` and `drop`: which builds of read models there are, and which of them answers. */
import type { Config } from '../config.js';
import { buildName, type BuildId, type BuildRecord } from '../views/builds.js';
import { jsonOfBuild, projectorName, tableOfBuilds, type BuildRow } from './build-rows.js';
import { withSession, type Session } from './session.js';
import { counted, plain } from './table.js';
import { widthOf, type Terminal } from './terminal.js';

export interface OutputOptions {
  readonly json?: boolean;
}

/** @returns the exit code: 0. @throws NotThere, LogUnavailable, ViewsUnavailable */
export async function runStatus(
  config: Config,
  names: readonly string[],
  { json = false }: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  return withSession(config, terminal, {}, async (session) => {
    const { out } = terminal;
    const records = (await session.operations.builds()).filter(({ name }) => names.length === 0 || names.includes(name));
    for (const name of names) {
      if (!records.some((record) => record.name === name)) await session.operations.served([name]);
    }
    const rows = await rowsOf(session, records);
    if (json) out.write(`${JSON.stringify({ builds: rows.map(jsonOfBuild) }, undefined, 2)}\n`);
    else if (rows.length === 0) out.write('Nothing has been built yet: start the server, or run `daybook projections rebuild --all`.\n');
    else out.write(`${tableOfBuilds(rows, widthOf(out))}${advice(rows)}`);
    return 0;
  });
}

/** What takes one build's place by another's. */
const steps = {
  cutover: { ask: ({ operations }, name, number) => operations.cutOver(name, number), told: 'is live now' },
  rollback: { ask: ({ operations }, name, number) => operations.rollBack(name, number), told: 'is live again' },
  drop: { ask: ({ operations }, name, number) => operations.drop(name, number ?? 0), told: 'was dropped' },
} as const satisfies Record<
  string,
  { readonly ask: (session: Session, name: string, number: number | undefined) => Promise<BuildId>; readonly told: string }
>;

export type BuildStep = keyof typeof steps;

/** @returns the exit code: 0 done. @throws NotThere, NotReady, ViewsUnavailable */
export async function runBuildStep(
  config: Config,
  step: BuildStep,
  { name, build, json = false }: OutputOptions & { readonly name: string; readonly build?: number },
  terminal: Terminal,
): Promise<number> {
  return withSession(config, terminal, {}, async (session) => {
    const { ask, told } = steps[step];
    const live = (await session.operations.builds(name)).find(({ state }) => state === 'live');
    const done = await ask(session, name, build);
    const already = live !== undefined && buildName(live) === buildName(done);
    const others = (await session.operations.builds()).filter((record) => record.name === name);
    const rows = await rowsOf(session, others);
    if (json) terminal.out.write(`${JSON.stringify({ build: done, builds: rows.map(jsonOfBuild) }, undefined, 2)}\n`);
    else {
      terminal.out.write(
        `${plain(buildName(done))} ${already ? 'is live already' : told}.\n\n${tableOfBuilds(rows, widthOf(terminal.out))}`,
      );
    }
    return 0;
  });
}

/** Builds as they stand now. */
export async function rowsOf({ log, operations }: Session, records: readonly BuildRecord[]): Promise<readonly BuildRow[]> {
  const [head, leases] = [await log.head(), await operations.projectors()];
  return records.map((record) => ({ record, head, lease: leases.find(({ name }) => name === record.name) }));
}

/** These read models, or all of them. @throws NotThere */
export async function readModels({ operations }: Session, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return operations.readModels;
  await operations.served(names);
  return [...new Set(names)];
}

/** Who carries out what is asked for. */
export async function whoProjects({ operations }: Session, name: string): Promise<string | undefined> {
  const lease = (await operations.projectors()).find((held) => held.name === name);
  return lease && projectorName(lease);
}

function advice(rows: readonly BuildRow[]): string {
  const parked = rows.reduce((sum, { record }) => sum + record.parked, 0);
  const alone = rows.some(({ record, head, lease }) => !lease && record.position < head);
  return [
    ...(parked > 0 ? [`\n${counted(parked, 'document waits', 'documents wait')}: \`daybook dead-letters list\` says why.\n`] : []),
    ...(alone ? ['\nNo projector is at work: what is behind goes on when a server is started.\n'] : []),
  ].join('');
}
