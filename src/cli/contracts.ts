/** `daybook contracts emit` and `daybook contracts check`. */
import type { Terminal } from './terminal.js';

/** @returns the exit code: 1 if the committed contracts differ from those of the program */
export async function runContracts(task: 'emit' | 'check', folder: string, { out }: Terminal): Promise<number> {
  // Loaded on demand, since GraphQL is slow to load.
  const { checkContracts, emitContracts } = await import('../api/contracts.js');
  const { ok, report } = await (task === 'emit' ? emitContracts(folder) : checkContracts(folder));
  out.write(report.endsWith('\n') ? report : `${report}\n`);
  return ok ? 0 : 1;
}
