/** What an import did, for people and as JSON. */
import type { Mapping, RecordMapping, Step } from './mapping.js';
import type { Expression } from './expression.js';
import type { Template } from './command-input.js';
import type { Plan } from './plan.js';

/** Commands, by what came of them. */
export interface Counts {
  run: number;
  /** Run by an earlier import. */
  alreadyThere: number;
  /** Nothing to change. */
  unchanged: number;
  rejected: number;
  /** Left out because an earlier step of their record was refused. */
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
  /** Written now, those that process managers answered with included. */
  readonly events: number;
  readonly withoutPartner: Plan['withoutPartner'];
  readonly leftOver: Plan['leftOver'];
  /** Records in which a step is dated before one that it follows, and some of them. */
  readonly datedBack: {
    readonly count: number;
    readonly examples: readonly { readonly source: string; readonly line: number; readonly key: string }[];
  };
  readonly rejectsFile?: string;
  readonly seconds: number;
  /** It was stopped before the end. */
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
    withoutPartner: plan.withoutPartner,
    leftOver: plan.leftOver,
    datedBack: {
      count: plan.datedBack.length,
      examples: plan.datedBack
        .slice(0, EXAMPLES)
        .flatMap(({ mapping: records, row }) => (records && row ? [{ source: records.from.spec.name, line: row.line, key: row.key }] : [])),
    },
    ...(result.rejectsFile === undefined ? {} : { rejectsFile: result.rejectsFile }),
    seconds: result.seconds,
    stopped: result.stopped,
  };
}

/** 0: all is in. 3: finished, with rejects. 1: nothing could be done. 130: stopped. */
export function exitCodeOf({ commands, stopped }: ImportReport): number {
  if (stopped) return 130;
  if (commands.rejected === 0) return 0;
  return commands.run + commands.alreadyThere + commands.unchanged === 0 ? 1 : 3;
}

/** The report as people read it. */
export function describeReport(report: ImportReport): string {
  const { commands, datedBack } = report;
  const count = (number: number): string => number.toLocaleString('en-US');
  const total = commands.run + commands.alreadyThere + commands.unchanged + commands.rejected;
  const lines = [
    `Import ${report.mapping}${report.asHistory ? ', as history' : ''}${report.stopped ? ', stopped before the end' : ''}`,
    ...report.sources.map(({ name, rows, file }) => `  read       ${count(rows)} ${rows === 1 ? 'row' : 'rows'} of ${name} (${file})`),
    ...report.records.map((record) => `  records    ${count(record.count)} of ${record.name}`),
    `  commands   ${count(commands.run)} run, ${count(commands.alreadyThere)} already there` +
      (commands.unchanged > 0 ? `, ${count(commands.unchanged)} without a change` : '') +
      `, ${count(commands.rejected)} rejected` +
      (commands.notRun > 0 ? `, ${count(commands.notRun)} not run because an earlier step of the record was rejected` : ''),
    `  events     ${count(report.events)} written`,
    `  took       ${report.seconds.toFixed(1)} s, ${count(Math.round(total / Math.max(report.seconds, 0.001)))} commands a second`,
  ];
  for (const { record, source, count: number } of report.withoutPartner) {
    lines.push(
      `  note       ${count(number)} ${number === 1 ? 'record of' : 'records of'} ${record} ${number === 1 ? 'has' : 'have'} no row in ${source}`,
    );
  }
  for (const { source, count: number } of report.leftOver) {
    lines.push(
      `  note       ${count(number)} ${number === 1 ? 'row' : 'rows'} of ${source} ${number === 1 ? 'belongs' : 'belong'} to no record and ${number === 1 ? 'was' : 'were'} left out`,
    );
  }
  if (datedBack.count > 0) {
    const examples = datedBack.examples.map(({ source, line }) => `${source} line ${line}`).join(', ');
    lines.push(
      `  note       ${count(datedBack.count)} ${datedBack.count === 1 ? 'record has' : 'records have'} a step dated before the one that it follows (${examples}${datedBack.count > EXAMPLES ? ', …' : ''}): it keeps its date and comes after it in the log`,
    );
  }
  for (const { name, unusedColumns } of report.sources) {
    if (unusedColumns.length > 0) lines.push(`  note       the mapping does not use these columns of ${name}: ${unusedColumns.join(', ')}`);
  }
  if (report.rejectsFile !== undefined) lines.push(`  rejects    ${report.rejectsFile}`);
  if (!report.stopped && commands.rejected === 0 && commands.run === 0 && commands.alreadyThere > 0) {
    lines.push(`Nothing new: everything was imported before.`);
  }
  return `${lines.join('\n')}\n`;
}

/** The columns that the mapping's expressions look at, by source. */
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
