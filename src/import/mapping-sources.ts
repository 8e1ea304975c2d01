/** The sources of a mapping: the files, their format, and their names in expressions. */
import { dirname, resolve } from 'node:path';
import type { SourceSpec } from './csv-source.js';
import type { MappingDocument, Entry } from './mapping-document.js';

/** Where the files of the sources are, if not where the mapping says. */
export interface Places {
  /** Files by source, relative to the working folder. */
  readonly paths?: ReadonlyMap<string, string>;
  /** The folder of all other files. Defaults to the mapping's folder. */
  readonly folder?: string;
}

const identifier = /^[a-z][A-Za-z0-9_]*$/;
const reserved: ReadonlySet<string> = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(' '),
);

/** Reads the sources of a mapping and reports their problems. */
export function readSourceSpecs(
  document: MappingDocument,
  entry: Entry | undefined,
  { paths = new Map(), folder }: Places,
): readonly SourceSpec[] {
  if (!entry) {
    document.report(1, 'the mapping needs `sources`: the files, each with a name');
    return [];
  }
  const specs = [...(document.entries(entry) ?? [])].map(([name, source]): SourceSpec | undefined => {
    checkIdentifier(document, source, name);
    const entries = document.entries(source, ['file', 'delimiter', 'encoding', 'columns', 'key']);
    if (!entries) return undefined;
    const own = entries.has('file') ? document.text(entries.get('file')) : undefined;
    if (!entries.has('file') && !paths.has(name)) document.report(source, `the source ${name} needs a file`);
    const delimiter = document.text(entries.get('delimiter')) ?? ',';
    const encoding = document.text(entries.get('encoding')) ?? 'utf-8';
    try {
      new TextDecoder(encoding);
    } catch {
      document.report(
        entries.get('encoding') ?? source,
        `"${encoding}" is not an encoding; expected utf-8, utf-16le, latin1, windows-1250 or another of the WHATWG list`,
      );
    }
    return {
      name,
      file: paths.has(name) ? resolve(paths.get(name) ?? '') : resolve(folder ?? dirname(document.file), own ?? ''),
      delimiter,
      encoding,
      columns: readTexts(document, entries.get('columns')),
      key: readTexts(document, entries.get('key')),
    };
  });
  for (const name of paths.keys()) {
    if (!specs.some((spec) => spec?.name === name)) {
      document.report(entry, `--source ${name}: the mapping has no such source; it has ${specs.map((spec) => spec?.name).join(', ')}`);
    }
  }
  return specs.filter((spec) => spec !== undefined);
}

/** One text, or a list of texts. */
function readTexts(document: MappingDocument, entry: Entry | undefined): readonly string[] {
  if (!entry) return [];
  if (!document.isList(entry)) return [document.text(entry) ?? ''];
  return (document.items(entry) ?? []).map((item) => document.text(item) ?? '');
}

/** Reports a name that can't be used in expressions. */
export function checkIdentifier(document: MappingDocument, entry: Entry, name: string): void {
  if (!identifier.test(name) || reserved.has(name)) {
    document.report(
      entry,
      `"${name}" can't be used as a name in expressions: expected a lower-case letter, then letters, digits or "_", and not a reserved word of CEL`,
    );
  }
}
