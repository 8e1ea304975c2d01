/** The report of an import, as text and as JSON. */
import type { Mapping, RecordMapping, Step } from './mapping.js';
import type { Expression } from './expression.js';
import type { Template } from './command-input.js';
import type { Plan } from './plan.js';

/** The number of commands, by result. */
export interface Counts {
  run: number;
  /** Had run in an earlier import. */
  alreadyImported: number;
  /** Ran and changed nothing. */
  unchanged: number;
  rejected: number;
  /** Did not run because an earlier step of the record was rejected. */
  notRun: number;
}

export interface ImportReport {
  readonly mapping: string;
  readonly asHistory: boolean;
  readonly sources: readonly {
    readonly name: string;
    readonly file: string;
    readonly rows: number;
    readonly unusedColumns: readonly string[];
  }[];
  readonly records: Plan['records'];
  readonly commands: Readonly<Counts>;
  /** Events written by this import, including those of process managers. */
  readonly events: number;
  readonly unmatched: Plan['unmatched'];
  readonly unusedRows: Plan['unusedRows'];
  /** Records with a step that is dated before an earlier step, with examples. */
  readonly outOfOrder: {
    readonly count: number;
    readonly examples: readonly { readonly source: string; readonly line: number; readonly key: string }[];
  };
  readonly rejectsFile?: string;
  readonly seconds: number;
  /** Whether it was stopped before the end. */
  readonly stopped: boolean;
}

const EXAMPLES = 5;

export function reportOf(
  mapping: Mapping,
  plan: Plan,
  result: {
    readonly counts: Counts;
    readonly asHistory: boolean;
    readonly events: number;
    readonly rejectsFile: string | undefined;
    readonly seconds: number;
    readonly stopped: boolean;
  },
): ImportReport {
  const used = usedColumns(mapping);
  return {
    mapping: mapping.name,
    asHistory: result.asHistory,
    sources: mapping.sources.map(({ spec, rows, columns }) => ({
      name: spec.name,
      file: spec.file,
      rows: rows.length,
      unusedColumns: columns.filter((column) => !spec.key.includes(column) && used.get(spec.name)?.has(column) !== true),
    })),
    records: plan.records,
    commands: result.counts,
    events: result.events,
    unmatched: plan.unmatched,
    unusedRows: plan.unusedRows,
    outOfOrder: {
      count: plan.outOfOrder.length,
      examples: plan.outOfOrder
        .slice(0, EXAMPLES)
        .flatMap(({ mapping: records, row }) => (records && row ? [{ source: records.from.spec.name, line: row.line, key: row.key }] : [])),
    },
    ...(result.rejectsFile === undefined ? {} : { rejectsFile: result.rejectsFile }),
    seconds: result.seconds,
    stopped: result.stopped,
  };
}

/** 0: everything is imported. 1: nothing could be imported. 3: finished with rejects. 130: stopped. */
export function exitCodeOf({ commands, stopped }: ImportReport): number {
  if (stopped) return 130;
  if (commands.rejected === 0) return 0;
  return commands.run + commands.alreadyImported + commands.unchanged === 0 ? 1 : 3;
}

/** The report as text. */
export function describeReport(report: ImportReport): string {
  const { commands, outOfOrder } = report;
  const count = (number: number): string => number.toLocaleString('en-US');
  const total = commands.run + commands.alreadyImported + commands.unchanged + commands.rejected;
  const lines = [
    `Import ${report.mapping}${report.asHistory ? ', as history' : ''}${report.stopped ? ', stopped before the end' : ''}`,
    ...report.sources.map(({ name, rows, file }) => `  read       ${count(rows)} ${rows === 1 ? 'row' : 'rows'} of ${name} (${file})`),
    ...report.records.map((record) => `  records    ${count(record.count)} of ${record.name}`),
    `  commands   ${count(commands.run)} run, ${count(commands.alreadyImported)} already imported` +
      (commands.unchanged > 0 ? `, ${count(commands.unchanged)} without a change` : '') +
      `, ${count(commands.rejected)} rejected` +
      (commands.notRun > 0 ? `, ${count(commands.notRun)} not run because an earlier step of the record was rejected` : ''),
    `  events     ${count(report.events)} written`,
    `  took       ${report.seconds.toFixed(1)} s, ${count(Math.round(total / Math.max(report.seconds, 0.001)))} commands a second`,
  ];
  for (const { record, source, count: number } of report.unmatched) {
    lines.push(
      `  note       ${count(number)} ${number === 1 ? 'record of' : 'records of'} ${record} ${number === 1 ? 'has' : 'have'} no row in ${source}`,
    );
  }
  for (const { source, count: number } of report.unusedRows) {
    lines.push(
      `  note       ${count(number)} ${number === 1 ? 'row' : 'rows'} of ${source} ${number === 1 ? 'belongs' : 'belong'} to no record`,
    );
  }
  if (outOfOrder.count > 0) {
    const examples = outOfOrder.examples.map(({ source, line }) => `${source} line ${line}`).join(', ');
    lines.push(
      `  note       ${count(outOfOrder.count)} ${outOfOrder.count === 1 ? 'record has' : 'records have'} a step that is dated before an earlier step (${examples}${outOfOrder.count > EXAMPLES ? ', …' : ''}): it keeps its date, but follows that step in the log`,
    );
  }
  for (const { name, unusedColumns } of report.sources) {
    if (unusedColumns.length > 0) lines.push(`  note       columns of ${name} that the mapping does not use: ${unusedColumns.join(', ')}`);
  }
  if (report.rejectsFile !== undefined) lines.push(`  rejects    ${report.rejectsFile}`);
  if (!report.stopped && commands.rejected === 0 && commands.run === 0 && commands.alreadyImported > 0) {
    lines.push('Nothing new: everything had been imported before.');
  }
  return `${lines.join('\n')}\n`;
}

/** The columns that the mapping's expressions read, by source. */
function usedColumns(mapping: Mapping): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  for (const expression of mapping.records.flatMap(expressionsOf)) {
    for (const { source, column } of expression.uses) used.set(source, (used.get(source) ?? new Set()).add(column));
  }
  return used;
}

function expressionsOf({ joins, named, steps }: RecordMapping): readonly Expression[] {
  return [...joins.map((join) => join.on), ...named.map(({ expression }) => expression), ...steps.flatMap(ofStep)];
}

function ofStep({ when, at, by, input }: Step): readonly Expression[] {
  const given = [at, by].flatMap((value) => (value && 'expression' in value ? [value.expression] : []));
  return [...(when ? [when] : []), ...given, ...ofTemplate(input)];
}

function ofTemplate(template: Template): readonly Expression[] {
  switch (template.kind) {
    case 'constant':
      return [];
    case 'expression':
      return [template.expression];
    case 'list':
      return template.items.flatMap(ofTemplate);
    case 'object':
      return template.entries.flatMap(([, value]) => ofTemplate(value));
  }
}
