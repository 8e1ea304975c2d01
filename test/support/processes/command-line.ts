/** The command line in this process and without a terminal: what one command answers. */
import { run } from '../../../src/cli/program.js';
import type { Folder } from '../folder.js';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** @param folder where the data folder `data` is, unless the arguments name another */
export async function commandLine(
  folder: Folder,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  let out = '';
  let err = '';
  const code = await run(args, {
    out: { write: (text) => (out += text) },
    err: { write: (text) => (err += text) },
    environment: { DAYBOOK_DATA_DIR: `${folder.path}/data`, DAYBOOK_READER_THREADS: '0', ...environment },
  });
  return { code, out, err };
}
