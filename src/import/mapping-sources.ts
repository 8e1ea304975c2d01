/** The sources of a mapping: which files there are, how they are written, and the names that expressions have for them. */
import { dirname, resolve } from 'node:path';
import type { SourceSpec } from './csv-source.js';
import type { MappingDocument, Spot } from './mapping-document.js';

/** Where the files of sources are, when not where the mapping says. */
export interface Places {
  /** Files by source, relative to the working folder. */
  readonly paths?: ReadonlyMap<string, string>;
  /** Folder of all others; the mapping's own when absent. */
  readonly folder?: string;
}

const identifier = /^[a-z][A-Za-z0-9_]*$/;
const reserved: ReadonlySet<string> = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(' '),
);

/** The files of a mapping. Complaints go to the document. */
export function readSourceSpecs(
  document: MappingDocument,
  spot: Spot | undefined,
  { paths = new Map(), folder }: Places,
): readonly SourceSpec[] {
  if (!spot) {
    document.complain(1, 'the mapping needs sources: the files, each with a name');
    return [];
  }
  const specs = [...(document.entries(spot) ?? [])].map(([name, source]): SourceSpec | undefined => {
    checkIdentifier(document, source, name);
    const entries = document.entries(source, ['file', 'delimiter', 'encoding', 'columns', 'key']);
    if (!entries) return undefined;
    const own = entries.has('file') ? document.text(entries.get('file')) : undefined;
    if (!entries.has('file') && !paths.has(name)) document.complain(source, `the source ${name} needs a file`);
    const delimiter = document.text(entries.get('delimiter')) ?? ',';
    const encoding = document.text(entries.get('encoding')) ?? 'utf-8';
    try {
      new TextDecoder(encoding);
    } catch {
      document.complain(
        entries.get('encoding') ?? source,
        `"${encoding}" is not an encoding; there are utf-8, utf-16le, latin1, windows-1250 and the others of the WHATWG list`,
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
      document.complain(spot, `--source ${name}: the mapping has no such source; it has ${specs.map((spec) => spec?.name).join(', ')}`);
    }
  }
  return specs.filter((spec) => spec !== undefined);
}

/** One text or a list of them. */
function readTexts(document: MappingDocument, spot: Spot | undefined): readonly string[] {
  if (!spot) return [];
  if (!document.isList(spot)) return [document.text(spot) ?? ''];
  return (document.items(spot) ?? []).map((item) => document.text(item) ?? '');
}

/** Complains of a name that expressions could not use. */
export function checkIdentifier(document: MappingDocument, spot: Spot, name: string): void {
  if (!identifier.test(name) || reserved.has(name)) {
    document.complain(
      spot,
      `"${name}" can't be used as a name in expressions: a small letter, then letters, digits or "_", and no word of CEL's own`,
    );
  }
}
