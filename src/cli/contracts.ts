/** `daybook contracts emit` and `daybook contracts check`. */
import type { Terminal } from './terminal.js';

/** @returns the exit code: 1 when the committed contracts are not what the program would write */
export async function runContracts(task: 'emit' | 'check', folder: string, { out }: Terminal): Promise<number> {
  // GraphQL is slow to load: only what needs it loads it.
  const { checkContracts, emitContracts } = await import('../api/contracts.js');
  const { ok, report } = await (task === 'emit' ? emitContracts(folder) : checkContracts(folder));
  out.write(report.endsWith('\n') ? report : `${report}\n`);
  return ok ? 0 : 1;
}
