/** A mapping says how rows of files become commands. All of it is checked, with the columns of the files, before anything runs. */
import { domain } from '../domain.js';
import type { AnyCommandDefinition } from '../kernel/command.js';
import { compileAt, expressionText, readInput, typeName, type Template } from './command-input.js';
import { readSource, type Source, type SourceRow } from './csv-source.js';
import { compiler, type Compile, type Expression, type Scope } from './expression.js';
import { checkTimeZone, readInstant } from './local-time.js';
import { MappingDocument, type Entry } from './mapping-document.js';
import { checkIdentifier, readSourceSpecs, type Places } from './mapping-sources.js';

export interface Mapping {
  readonly file: string;
  /** Part of every id, so it must not change once it has been used. */
  readonly name: string;
  readonly timeZone: string;
  readonly sources: readonly Source[];
  /** Steps that run once, before all records. */
  readonly setup: readonly Step[];
  readonly records: readonly RecordMapping[];
}

export interface RecordMapping {
  readonly name: string;
  readonly from: Source;
  readonly joins: readonly Join[];
  /** Variables, in order; each may use the ones before it. */
  readonly named: readonly { readonly name: string; readonly expression: Expression }[];
  readonly steps: readonly Step[];
}

/** Adds the row of another source whose key is the value of an expression, if there is one. */
export interface Join {
  readonly source: Source;
  readonly rows: ReadonlyMap<string, SourceRow>;
  readonly on: Expression;
}

export interface Step {
  readonly name: string;
  readonly command: AnyCommandDefinition;
  readonly when: Expression | undefined;
  readonly at: Given | undefined;
  readonly by: Given | undefined;
  readonly input: Template;
}

/** A constant or an expression. */
export type Given = { readonly constant: string } | { readonly expression: Expression };

/**
 * Reads a mapping and the files that it names.
 * @param commands of the contexts that are used; of every context when left out
 * @throws InvalidMapping with all problems and their lines; InvalidSource for a file
 */
export function readMapping(file: string, places: Places = {}, commands = domain.offered): Mapping {
  const document = new MappingDocument(file);
  const root = document.entries(document.root, ['name', 'timeZone', 'sources', 'setup', 'records']);
  const specs = readSourceSpecs(document, root?.get('sources'), places);
  const name = readName(document, root?.get('name'));
  const timeZone = readTimeZone(document, root?.get('timeZone'));
  document.throwProblems();

  const sources = new Map(specs.map((spec) => [spec.name, readSource(spec)]));
  const scope: Scope = { name, timeZone, sources: new Map(), named: [] };
  const setup = readSteps({ document, compile: compiler(scope), timeZone, commands }, root?.get('setup'), undefined);
  const blocks = root?.get('records');
  if (!blocks && setup.length === 0) document.report(1, 'the mapping has no steps: add `records` or `setup`');
  const records = (blocks ? (document.items(blocks) ?? []) : []).map((entry) => readRecord(document, entry, sources, scope, commands));
  const names = records.map((record) => record?.name);
  names.forEach((record, index) => {
    if (record !== undefined && names.indexOf(record) !== index) {
      document.report(blocks ?? 1, `two records are named "${record}"; give each its own name, since ids are derived from it`);
    }
  });
  document.throwProblems();
  return { file, name, timeZone, sources: [...sources.values()], setup, records: records.filter((record) => record !== undefined) };
}

function readName(document: MappingDocument, entry: Entry | undefined): string {
  const name = document.text(entry);
  if (!entry) document.report(1, "the mapping needs a name. All ids are derived from it, so don't change it once it has been used");
  else if (name !== undefined && !/^[a-z0-9][a-z0-9-]{0,49}$/.test(name)) {
    document.report(entry, 'name must be 1 to 50 lower-case letters, digits or dashes');
  }
  return name ?? '';
}

function readTimeZone(document: MappingDocument, entry: Entry | undefined): string {
  const timeZone = document.text(entry) ?? 'UTC';
  try {
    checkTimeZone(timeZone);
  } catch (error) {
    document.report(entry ?? 1, (error as Error).message);
  }
  return timeZone;
}

function readRecord(
  document: MappingDocument,
  entry: Entry,
  sources: ReadonlyMap<string, Source>,
  scope: Scope,
  commands: readonly AnyCommandDefinition[],
): RecordMapping | undefined {
  const entries = document.entries(entry, ['name', 'from', 'join', 'let', 'at', 'by', 'steps']);
  const from = readSourceName(document, entry, entries?.get('from'), sources);
  if (!entries || !from) return undefined;

  const visible = new Map([[from.spec.name, from.columns]]);
  const joinOn = compiler({ ...scope, sources: new Map(visible) });
  const joins: Join[] = [];
  const joined = entries.get('join');
  for (const [name, on] of joined ? (document.entries(joined) ?? []) : []) {
    const source = sources.get(name);
    const expression = readExpression(document, on, joinOn, 'string');
    if (!source) document.report(on, `there is no source ${name} to join; the sources are ${[...sources.keys()].join(', ')}`);
    else if (source.spec.key.length !== 1) {
      document.report(on, `to be joined, the source ${name} needs a key of one column; declare it: key: column`);
    } else if (expression) {
      visible.set(name, source.columns);
      joins.push({ source, rows: new Map(source.rows.map((row) => [row.key, row])), on: expression });
    }
  }

  const named: { name: string; expression: Expression }[] = [];
  const scopeNow = (): Scope => ({ ...scope, sources: visible, named: named.map(({ name }) => name) });
  const lets = entries.get('let');
  for (const [name, value] of lets ? (document.entries(lets) ?? []) : []) {
    checkIdentifier(document, value, name);
    if (visible.has(name)) document.report(value, `"${name}" is a source already; choose another name`);
    else {
      const expression = readExpression(document, value, compiler(scopeNow()), 'string');
      if (expression) named.push({ name, expression });
    }
  }

  const compile = compiler(scopeNow());
  const reading = { document, compile, timeZone: scope.timeZone, commands };
  if (!entries.has('steps')) document.report(entry, `the records of ${from.spec.name} need steps`);
  const steps = readSteps(reading, entries.get('steps'), {
    at: readAt(reading, entries.get('at')),
    by: readGiven(reading, entries.get('by'), ['string'], 'by'),
  });
  return { name: document.text(entries.get('name')) ?? from.spec.name, from, joins, named, steps };
}

function readSourceName(
  document: MappingDocument,
  record: Entry,
  entry: Entry | undefined,
  sources: ReadonlyMap<string, Source>,
): Source | undefined {
  const name = document.text(entry);
  if (name === undefined) {
    if (!entry) document.report(record, 'records need `from`, the name of a source');
    return undefined;
  }
  const source = sources.get(name);
  if (!source && entry) document.report(entry, `there is no source ${name}; the sources are ${[...sources.keys()].join(', ')}`);
  return source;
}

interface Reading {
  readonly document: MappingDocument;
  readonly compile: Compile;
  readonly timeZone: string;
  readonly commands: readonly AnyCommandDefinition[];
}

function readSteps(reading: Reading, entry: Entry | undefined, usual: Pick<Step, 'at' | 'by'> | undefined): readonly Step[] {
  const { document, compile, commands } = reading;
  if (!entry) return [];
  const steps: Step[] = [];
  for (const item of document.items(entry) ?? []) {
    const entries = document.entries(item, ['name', 'command', 'when', 'at', 'by', 'input']);
    if (!entries) continue;
    const called = document.text(entries.get('command'));
    if (!entries.has('command')) document.report(item, 'a step needs a command');
    if (called === undefined) continue;
    const command = commands.find(({ name }) => name === called);
    if (!command) {
      document.report(
        entries.get('command') ?? item,
        `there is no command ${called}; the commands are ${commands
          .map(({ name }) => name)
          .sort()
          .join(', ')}`,
      );
      continue;
    }
    const name = document.text(entries.get('name')) ?? called;
    if (steps.some((step) => step.name === name)) {
      document.report(entries.get('name') ?? item, `two steps are named "${name}"; give each its own name, since ids are derived from it`);
    }
    const when = entries.get('when');
    steps.push({
      name,
      command,
      when: when && readExpression(document, when, compile, 'bool'),
      at: entries.has('at') ? readAt(reading, entries.get('at')) : usual?.at,
      by: entries.has('by') ? readGiven(reading, entries.get('by'), ['string'], 'by') : usual?.by,
      input: readInput(document, item, entries.get('input'), command, compile),
    });
  }
  return steps;
}

/** Reads an expression of this type. A constant is a problem. */
function readExpression(document: MappingDocument, entry: Entry, compile: Compile, type: 'string' | 'bool'): Expression | undefined {
  const text = expressionText(document.scalar(entry)?.value);
  if (text === undefined) {
    document.report(entry, `${entry.path} must be an expression: a text that begins with "="`);
    return undefined;
  }
  const expression = compileAt(document, entry, text, compile);
  if (!expression || ['dyn', type].includes(expression.type)) return expression;
  document.report(entry, `${entry.path} must give ${typeName(type)}; the expression ${text} gives ${typeName(expression.type)}`);
  return undefined;
}

function readAt(reading: Reading, entry: Entry | undefined): Given | undefined {
  const given = readGiven(reading, entry, ['google.protobuf.Timestamp', 'string'], 'at');
  if (!entry || !given || !('constant' in given)) return given;
  try {
    return { constant: readInstant(given.constant, reading.timeZone).toISOString() };
  } catch (error) {
    reading.document.report(entry, (error as Error).message);
    return undefined;
  }
}

function readGiven({ document, compile }: Reading, entry: Entry | undefined, types: readonly string[], what: string): Given | undefined {
  if (!entry) return undefined;
  const value = document.scalar(entry)?.value;
  const text = expressionText(value);
  if (text === undefined) {
    const constant = document.text(entry);
    return constant === undefined ? undefined : { constant };
  }
  const expression = compileAt(document, entry, text, compile);
  if (!expression) return undefined;
  if (['dyn', ...types].includes(expression.type)) return { expression };
  document.report(
    entry,
    `${what} must give ${types.map(typeName).join(' or ')}; the expression ${text} gives ${typeName(expression.type)}`,
  );
  return undefined;
}
