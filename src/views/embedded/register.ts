/** The register of builds in the file. */
import type { Position } from '../../kernel/event.js';
import { shapeOf, type ReadModelSpec } from '../../kernel/read-model.js';
import type { Database } from '../../sqlite/database.js';
import { buildName, idOf } from '../port/build-identity.js';
import { liveBuildError, mustBeReady } from '../shared/cut-over.js';
import type { Build, BuildId, BuildRecord, BuildState } from '../port/builds.js';
import type { Commit } from '../port/commits.js';
import { BuildGone } from '../port/errors.js';
import { createStatements, dropStatements, layoutOf } from './layout.js';

/** The part of a build's row that reads and writes need. */
export interface Registered {
  readonly state: BuildState;
  readonly position: Position;
  /** How many erasures its folds have to know. */
  readonly raised: number;
  /** Whether the build has its indexes; 0 while it is being built. */
  readonly indexed: 0 | 1;
}

/** Undefined when the build was dropped, or its number belongs to another version. */
export function registered(database: Database, { model, number }: Build): Registered | undefined {
  const row = database
    .prepare<Registered & { readonly version: number; readonly shape: string }>(
      'SELECT version, shape, state, position, raised, indexed FROM builds WHERE name = ? AND number = ?',
    )
    .get(model.name, number);
  return row?.version === model.version && row.shape === shapeOf(model) ? row : undefined;
}

/** @throws BuildGone */
export function mustBeRegistered(database: Database, build: Build): Registered {
  const found = registered(database, build);
  if (!found) throw new BuildGone(buildName(idOf(build)));
  return found;
}

export function recordsIn(database: Database): readonly BuildRecord[] {
  return database
    .prepare<BuildRecord>(
      `SELECT name, version, number, shape, state, position, erasures, events, head, rate, position_rate AS positionRate, measured_at AS measuredAt,
         started_at AS startedAt, finished_at AS finishedAt, served_at AS servedAt, error, coalesce(dead_letter_count, 0) AS deadLetters
       FROM builds LEFT JOIN (
         SELECT name AS of_name, number AS of_number, count(DISTINCT key) AS dead_letter_count FROM dead_letters GROUP BY name, number
       ) ON of_name = name AND of_number = number
       ORDER BY name, number`,
    )
    .all();
}

/** See `BuildRegister.begin`. */
export function beginBuild(database: Database, model: ReadModelSpec): Build {
  const { name, version } = model;
  const underWay = database
    .prepare<{ readonly number: number }>(
      `SELECT number FROM builds WHERE name = ? AND version = ? AND shape = ? AND state = 'building' ORDER BY number DESC LIMIT 1`,
    )
    .get(name, version, shapeOf(model));
  if (underWay) return { model, number: underWay.number };
  const live = database.prepare(`SELECT 1 FROM builds WHERE name = ? AND state = 'live'`).get(name);
  const next = database
    .prepare<{ readonly last: number }>(
      'INSERT INTO numbers (name, last) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last',
    )
    .get(name);
  const build = { model, number: next?.last ?? 1 };
  const now = new Date().toISOString();
  for (const statement of createStatements(layoutOf(build))) database.exec(statement);
  database
    .prepare(
      `INSERT INTO builds (name, number, version, shape, state, position, erasures, raised, indexed, events, head, rate, position_rate, started_at, served_at)
       VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, ?, ?)`,
    )
    .run(name, build.number, version, shapeOf(model), live ? 'building' : 'live', now, live ? null : now);
  return build;
}

/** Empties a build and sets its position to 0. A `ready` build is `building` again. */
export function resetBuild(database: Database, build: Build): void {
  const { model, number } = build;
  const layout = layoutOf(build);
  for (const statement of [...dropStatements(layout), ...createStatements(layout)]) database.exec(statement);
  database.prepare('DELETE FROM dead_letters WHERE name = ? AND number = ?').run(model.name, number);
  database
    .prepare(
      `UPDATE builds SET position = 0, erasures = 0, raised = 0, indexed = 0, events = 0, rate = 0, position_rate = 0, measured_at = NULL, finished_at = NULL,
         error = NULL, state = iif(state = 'ready', 'building', state)
       WHERE name = ? AND number = ?`,
    )
    .run(model.name, number);
}

export function raise(database: Database, { model, number }: Build, erasures: number): void {
  database.prepare('UPDATE builds SET raised = ? WHERE name = ? AND number = ?').run(erasures, model.name, number);
}

export function advance(database: Database, { build: { model, number }, to, erasures, progress }: Commit): void {
  const { events, head, rate, positionRate, measuredAt, finishedAt, error } = progress;
  database
    .prepare(
      `UPDATE builds SET position = ?, erasures = ?, events = ?, head = ?, rate = ?, position_rate = ?, measured_at = ?,
         finished_at = coalesce(finished_at, ?), error = ?
       WHERE name = ? AND number = ?`,
    )
    .run(to, erasures, events, head, rate, positionRate, measuredAt, finishedAt, error, model.name, number);
}

/** Turns `building` into `ready`, and sets the time at which it finished. */
export function markFinalized(database: Database, { model, number }: Build): void {
  database
    .prepare(
      `UPDATE builds SET finished_at = coalesce(finished_at, ?), state = iif(state = 'building', 'ready', state)
       WHERE name = ? AND number = ?`,
    )
    .run(new Date().toISOString(), model.name, number);
}

export function markIndexed(database: Database, { model, number }: Build): void {
  database.prepare('UPDATE builds SET indexed = 1 WHERE name = ? AND number = ?').run(model.name, number);
}

/** @throws BuildGone, NotReady */
export function makeLive(database: Database, id: BuildId): void {
  const ofName = recordsIn(database).filter(({ name }) => name === id.name);
  const build = ofName.find((record) => buildName(record) === buildName(id));
  const live = ofName.find(({ state }) => state === 'live');
  if (!build) throw new BuildGone(buildName(id));
  if (build === live) return;
  mustBeReady(id, build, live);
  const move = database.prepare('UPDATE builds SET state = ?, served_at = ? WHERE name = ? AND number = ?');
  const now = new Date().toISOString();
  if (live) move.run('retired', now, id.name, live.number);
  move.run('live', now, id.name, id.number);
}

/** Removes a build from the register; its tables remain until they are dropped. @throws NotReady when it is live. */
export function unregister(database: Database, id: BuildId): void {
  const build = recordsIn(database).find((record) => buildName(record) === buildName(id));
  if (build?.state === 'live') throw liveBuildError(id);
  if (!build) return;
  for (const table of ['dead_letters', 'builds']) {
    database.prepare(`DELETE FROM ${table} WHERE name = ? AND number = ?`).run(id.name, id.number);
  }
}

/** Tables of builds that are no longer registered: a process ended while it dropped them. */
export function unregisteredTables(database: Database): readonly string[] {
  const names = new Set(recordsIn(database).map(buildName));
  return database
    .prepare<readonly [string]>(`SELECT name FROM sqlite_schema WHERE type = 'table'`, { arrays: true })
    .all()
    .flatMap(([table]) => {
      const build = /^.*@\d+#\d+/.exec(table)?.[0];
      return build === undefined || names.has(build) ? [] : [table];
    });
}
