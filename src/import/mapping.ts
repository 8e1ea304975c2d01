/** A mapping: what a consultant says about files that become commands. Read and checked as a whole, with the files' real columns, before anything runs. */
import { commandsByName } from '../domain.js';
import type { CommandClass } from '../kernel/command.js';
import { compileAt, expressionText, readInput, typeName, type Template } from './command-input.js';
import { readSource, type Source, type SourceRow } from './csv-source.js';
import { compiler, type Compile, type Expression, type Scope } from './expression.js';
import { checkTimeZone, readInstant } from './local-time.js';
import { MappingDocument, type Spot } from './mapping-document.js';
import { checkIdentifier, readSourceSpecs, type Places } from './mapping-sources.js';

export interface Mapping {
  readonly file: string;
  /** Part of every id: the same for ever once used. */
  readonly name: string;
  readonly timeZone: string;
  readonly sources: readonly Source[];
  /** What is done once, before all records. */
  readonly setup: readonly Step[];
  readonly records: readonly RecordMapping[];
}

export interface RecordMapping {
  readonly name: string;
  readonly from: Source;
  readonly joins: readonly Join[];
  /** Texts with names of their own, in order; each may use the ones before it. */
  readonly named: readonly { readonly name: string; readonly expression: Expression }[];
  readonly steps: readonly Step[];
}

/** The row of another source whose key is what an expression gives, if there is one. */
export interface Join {
  readonly source: Source;
  readonly rows: ReadonlyMap<string, SourceRow>;
  readonly on: Expression;
}

export interface Step {
  readonly name: string;
  readonly command: CommandClass;
  readonly when: Expression | undefined;
  readonly at: Given | undefined;
  readonly by: Given | undefined;
  readonly input: Template;
}

/** A constant or an expression. */
export type Given = { readonly constant: string } | { readonly expression: Expression };

/**
 * Reads a mapping and the files that it names.
 * @throws InvalidMapping with every fault and its line; InvalidSource for a file.
 */
export function readMapping(file: string, places: Places = {}): Mapping {
  const document = new MappingDocument(file);
  const root = document.entries(document.root, ['name', 'timeZone', 'sources', 'setup', 'records']);
  const specs = readSourceSpecs(document, root?.get('sources'), places);
  const name = readName(document, root?.get('name'));
  const timeZone = readTimeZone(document, root?.get('timeZone'));
  document.settle();

  const sources = new Map(specs.map((spec) => [spec.name, readSource(spec)]));
  const scope: Scope = { name, timeZone, sources: new Map(), named: [] };
  const setup = readSteps({ document, compile: compiler(scope), timeZone }, root?.get('setup'), undefined);
  const blocks = root?.get('records');
  if (!blocks && setup.length === 0) document.complain(1, 'the mapping does nothing; it needs records, each with steps');
  const records = (blocks ? (document.items(blocks) ?? []) : []).map((spot) => readRecord(document, spot, sources, scope));
  const names = records.map((record) => record?.name);
  names.forEach((record, index) => {
    if (record !== undefined && names.indexOf(record) !== index) {
      document.complain(blocks ?? 1, `two records are called "${record}"; give them names of their own: their ids derive from them`);
    }
  });
  document.settle();
  return { file, name, timeZone, sources: [...sources.values()], setup, records: records.filter((record) => record !== undefined) };
}

function readName(document: MappingDocument, spot: Spot | undefined): string {
  const name = document.text(spot);
  if (!spot) document.complain(1, 'the mapping needs a name: all ids derive from it, so it is never changed once used');
  else if (name !== undefined && !/^[a-z0-9][a-z0-9-]{0,49}$/.test(name)) {
    document.complain(spot, 'name must be 1 to 50 small letters, digits or dashes');
  }
  return name ?? '';
}

function readTimeZone(document: MappingDocument, spot: Spot | undefined): string {
  const timeZone = document.text(spot) ?? 'UTC';
  try {
    checkTimeZone(timeZone);
  } catch (error) {
    document.complain(spot ?? 1, (error as Error).message);
  }
  return timeZone;
}

function readRecord(document: MappingDocument, spot: Spot, sources: ReadonlyMap<string, Source>, scope: Scope): RecordMapping | undefined {
  const entries = document.entries(spot, ['name', 'from', 'join', 'let', 'at', 'by', 'steps']);
  const from = readSourceName(document, spot, entries?.get('from'), sources);
  if (!entries || !from) return undefined;

  const visible = new Map([[from.spec.name, from.columns]]);
  const joinOn = compiler({ ...scope, sources: new Map(visible) });
  const joins: Join[] = [];
  const joined = entries.get('join');
  for (const [name, on] of joined ? (document.entries(joined) ?? []) : []) {
    const source = sources.get(name);
    const expression = readExpression(document, on, joinOn, 'string');
    if (!source) document.complain(on, `there is no source ${name} to join; there is ${[...sources.keys()].join(', ')}`);
    else if (source.spec.key.length !== 1) {
      document.complain(on, `the source ${name} can be joined when it has a key of one column; declare it: key: column`);
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
    if (visible.has(name)) document.complain(value, `"${name}" is a source already; choose another name`);
    else {
      const expression = readExpression(document, value, compiler(scopeNow()), 'string');
      if (expression) named.push({ name, expression });
    }
  }

  const compile = compiler(scopeNow());
  const reading = { document, compile, timeZone: scope.timeZone };
  if (!entries.has('steps')) document.complain(spot, `the records of ${from.spec.name} need steps`);
  const steps = readSteps(reading, entries.get('steps'), {
    at: readAt(reading, entries.get('at')),
    by: readGiven(reading, entries.get('by'), ['string'], 'by'),
  });
  return { name: document.text(entries.get('name')) ?? from.spec.name, from, joins, named, steps };
}

function readSourceName(
  document: MappingDocument,
  record: Spot,
  spot: Spot | undefined,
  sources: ReadonlyMap<string, Source>,
): Source | undefined {
  const name = document.text(spot);
  if (name === undefined) {
    if (!spot) document.complain(record, 'records need `from`: the source whose rows they are');
    return undefined;
  }
  const source = sources.get(name);
  if (!source && spot) document.complain(spot, `there is no source ${name}; there is ${[...sources.keys()].join(', ')}`);
  return source;
}

interface Reading {
  readonly document: MappingDocument;
  readonly compile: Compile;
  readonly timeZone: string;
}

function readSteps(reading: Reading, spot: Spot | undefined, usual: Pick<Step, 'at' | 'by'> | undefined): readonly Step[] {
  const { document, compile } = reading;
  if (!spot) return [];
  const steps: Step[] = [];
  for (const item of document.items(spot) ?? []) {
    const entries = document.entries(item, ['name', 'command', 'when', 'at', 'by', 'input']);
    if (!entries) continue;
    const called = document.text(entries.get('command'));
    if (!entries.has('command')) document.complain(item, 'a step needs a command');
    if (called === undefined) continue;
    const command = commandsByName.get(called);
    if (!command) {
      document.complain(
        entries.get('command') ?? item,
        `there is no command ${called}; there is ${[...commandsByName.keys()].sort().join(', ')}`,
      );
      continue;
    }
    const name = document.text(entries.get('name')) ?? called;
    if (steps.some((step) => step.name === name)) {
      document.complain(
        entries.get('name') ?? item,
        `two steps are called "${name}"; give them names of their own: their ids derive from them`,
      );
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

/** An expression of a type, where a constant makes no sense. */
function readExpression(document: MappingDocument, spot: Spot, compile: Compile, type: 'string' | 'bool'): Expression | undefined {
  const text = expressionText(document.scalar(spot)?.value);
  if (text === undefined) {
    document.complain(spot, `${spot.path} must be an expression: a text that begins with "="`);
    return undefined;
  }
  const expression = compileAt(document, spot, text, compile);
  if (!expression || ['dyn', type].includes(expression.type)) return expression;
  document.complain(spot, `${spot.path} must give ${typeName(type)}; the expression ${text} gives ${typeName(expression.type)}`);
  return undefined;
}

function readAt(reading: Reading, spot: Spot | undefined): Given | undefined {
  const given = readGiven(reading, spot, ['google.protobuf.Timestamp', 'string'], 'at');
  if (!spot || !given || !('constant' in given)) return given;
  try {
    return { constant: readInstant(given.constant, reading.timeZone).toISOString() };
  } catch (error) {
    reading.document.complain(spot, (error as Error).message);
    return undefined;
  }
}

function readGiven({ document, compile }: Reading, spot: Spot | undefined, types: readonly string[], what: string): Given | undefined {
  if (!spot) return undefined;
  const value = document.scalar(spot)?.value;
  const text = expressionText(value);
  if (text === undefined) {
    const constant = document.text(spot);
    return constant === undefined ? undefined : { constant };
  }
  const expression = compileAt(document, spot, text, compile);
  if (!expression) return undefined;
  if (['dyn', ...types].includes(expression.type)) return { expression };
  document.complain(
    spot,
    `${what} must give ${types.map(typeName).join(' or ')}; the expression ${text} gives ${typeName(expression.type)}`,
  );
  return undefined;
}
