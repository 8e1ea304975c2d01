/** The rejects file of an import: one line per rejected step, to be corrected in the source and imported again. Created with the first line. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../sqlite/folder.js';

export interface Reject {
  readonly source: string;
  readonly line: number | undefined;
  readonly key: string;
  readonly step: string;
  /** A code of docs/errors.md, INVALID_INPUT or INVALID_VALUE. */
  readonly code: string;
  readonly reason: string;
  /** Later steps of the record, which did not run because of this one. */
  readonly notRun: readonly string[];
}

export class Rejects {
  #handle: number | undefined;
  #count = 0;

  constructor(readonly file: string) {}

  get count(): number {
    return this.#count;
  }

  add({ source, line, key, step, code, reason, notRun }: Reject): void {
    if (this.#handle === undefined) {
      makeFolder(dirname(this.file));
      this.#handle = openSync(this.file, 'w');
      writeSync(this.#handle, 'source,line,key,step,code,reason,not_run\n');
    }
    writeSync(
      this.#handle,
      `${[source, line === undefined ? '' : String(line), key, step, code, reason, notRun.join('; ')].map(quoted).join(',')}\n`,
    );
    this.#count++;
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}

/** A value of a CSV file (RFC 4180). */
function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
