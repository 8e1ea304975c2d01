/** The order of an import: the steps of all records by their time in the source; the steps of one record keep their order. */
import { fillInput } from './command-input.js';
import type { Row, SourceRow } from './csv-source.js';
import { InvalidValue, type Values } from './expression.js';
import { readInstant } from './local-time.js';
import type { Given, Join, Mapping, RecordMapping, Step } from './mapping.js';

/** One record of a mapping: a row with the rows joined to it. The setup is a record without a row. */
export interface PlannedRecord {
  readonly mapping: RecordMapping | undefined;
  readonly row: SourceRow | undefined;
  readonly values: Values;
}

export interface PlannedStep {
  readonly record: PlannedRecord;
  readonly step: Step;
  /** Its place in the order, in milliseconds since 1970: never before an earlier step of its record. */
  readonly time: number;
  /** When it happened according to the source, ISO 8601 in UTC. Undefined if the source doesn't say. */
  readonly occurredAt: string | undefined;
  /** Why the step can't run. */
  readonly fault: string | undefined;
}

export interface Plan {
  readonly steps: readonly PlannedStep[];
  readonly records: readonly { readonly name: string; readonly count: number }[];
  /** Records with a step that is dated before an earlier step. */
  readonly outOfOrder: readonly PlannedRecord[];
  /** How many records have no row in a joined source. */
  readonly unmatched: readonly { readonly record: string; readonly source: string; readonly count: number }[];
  /** How many rows of joined sources belong to no record. */
  readonly unusedRows: readonly { readonly source: string; readonly count: number }[];
}

interface Placed extends PlannedStep {
  readonly block: number;
  readonly at: number;
  readonly row: number;
}

/** @param now the time of steps without one, in milliseconds since 1970 */
export function plan(mapping: Mapping, now: number): Plan {
  const placed: Placed[] = [];
  const outOfOrder: PlannedRecord[] = [];
  const missing = new Map<string, { record: string; source: string; count: number }>();
  const taken = new Map<string, Set<SourceRow>>();
  const zone = mapping.timeZone;

  mapping.records.forEach((records, block) => {
    records.from.rows.forEach((row, index) => {
      const { values, fault } = valuesOf(records, row, (join, partner) => {
        const source = join.source.spec.name;
        if (partner) taken.set(source, (taken.get(source) ?? new Set()).add(partner));
        else {
          const name = `${records.name}\u001f${source}`;
          missing.set(name, { record: records.name, source, count: (missing.get(name)?.count ?? 0) + 1 });
        }
      });
      const record: PlannedRecord = { mapping: records, row, values };
      let latest = Number.NEGATIVE_INFINITY;
      let back = false;
      records.steps.forEach((step, at) => {
        const timed = fault === undefined ? timeOf(step, values, zone) : { fault };
        if (!timed) return;
        const own = timed.occurredAt === undefined ? undefined : Date.parse(timed.occurredAt);
        if (own !== undefined && own < latest) back = true;
        latest = Math.max(latest, own ?? (timed.fault === undefined ? now : latest));
        const time = Number.isFinite(latest) ? latest : now;
        placed.push({ record, step, time, occurredAt: timed.occurredAt, fault: timed.fault, block, at, row: index });
      });
      if (back) outOfOrder.push(record);
    });
  });
  placed.sort((a, b) => a.time - b.time || a.block - b.block || a.at - b.at || a.row - b.row);

  const setup: PlannedRecord = { mapping: undefined, row: undefined, values: {} };
  const timed = mapping.setup.flatMap((step) => {
    const at = timeOf(step, {}, zone);
    return at ? [{ step, occurredAt: at.occurredAt, fault: at.fault }] : [];
  });
  const dates = timed.flatMap(({ occurredAt }) => (occurredAt === undefined ? [] : [Date.parse(occurredAt)]));
  const first = Math.min(placed[0]?.time ?? now, ...dates);
  const before = timed.map((step): PlannedStep => ({ ...step, record: setup, time: first }));

  return {
    steps: [...before, ...placed],
    records: mapping.records.map((records) => ({ name: records.name, count: records.from.rows.length })),
    outOfOrder,
    unmatched: [...missing.values()],
    unusedRows: unusedRows(mapping, taken),
  };
}

/** The values that the record's expressions use, or why they can't be evaluated. */
function valuesOf(
  mapping: RecordMapping,
  row: SourceRow,
  joined: (join: Join, partner: SourceRow | undefined) => void,
): { readonly values: Values; readonly fault?: string } {
  const values: Record<string, Row | string> = { [mapping.from.spec.name]: row.values };
  try {
    for (const join of mapping.joins) {
      const partner = join.rows.get(String(join.on.evaluate(values)));
      joined(join, partner);
      values[join.source.spec.name] = partner?.values ?? join.source.missing;
    }
    for (const { name, expression } of mapping.named) values[name] = String(expression.evaluate(values));
    return { values };
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    return { values, fault: error.message };
  }
}

type Timed = { readonly occurredAt?: string; readonly fault?: string };

/** When a step happened; undefined if its condition leaves it out. */
function timeOf(step: Step, values: Values, zone: string): Timed | undefined {
  let part = 'when';
  try {
    if (step.when && step.when.evaluate(values) !== true) return undefined;
    part = 'at';
    const at = given(step.at, values);
    if (at === undefined) return step.at && 'expression' in step.at ? { fault: 'at: the time is empty' } : {};
    const instant = typeof at === 'string' ? readInstant(at, zone) : at;
    return { occurredAt: instant.toISOString() };
  } catch (error) {
    if (!(error instanceof InvalidValue || error instanceof RangeError)) throw error;
    return { fault: `${part}: ${error.message}` };
  }
}

/** The value of a constant or an expression; undefined if it is empty. @throws InvalidValue */
function given(value: Given | undefined, values: Values): string | Date | undefined {
  if (!value) return undefined;
  const result = 'constant' in value ? value.constant : (value.expression.evaluate(values) as string | Date | null);
  return result === '' || result === null ? undefined : result;
}

/** The user on whose behalf a step runs. @throws InvalidValue */
export function actorOf(planned: PlannedStep): string | undefined {
  const by = given(planned.step.by, planned.record.values);
  return by === undefined ? undefined : String(by);
}

/** The input of a step's command, as plain values. @throws InvalidValue */
export function inputOf(planned: PlannedStep): Record<string, unknown> {
  return fillInput(planned.step.input, planned.record.values) as Record<string, unknown>;
}

function unusedRows(mapping: Mapping, taken: ReadonlyMap<string, ReadonlySet<SourceRow>>): Plan['unusedRows'] {
  const own = new Set(mapping.records.map((records) => records.from));
  const joined = new Set(mapping.records.flatMap((records) => records.joins.map((join) => join.source)));
  return [...joined]
    .filter((source) => !own.has(source))
    .map((source) => ({ source: source.spec.name, count: source.rows.length - (taken.get(source.spec.name)?.size ?? 0) }))
    .filter(({ count }) => count > 0);
}
