/**
 * Who holds leases: a process, by its machine's name and its id, and by the table of processes that the id is of. Machines may have one name, and
 * a container has ids of its own, so name and id don't tell whether it is another's process that is no more here.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The kernel that runs, by its start, and the namespace of process ids in it; undefined on systems that don't say, which Linux does. */
const TABLE = processTable();

/** A new holder of this process. */
export function newHolder(): string {
  return [hostname(), process.pid, randomUUID(), ...(TABLE === undefined ? [] : [TABLE])].join(' ');
}

/** Whether a holder was a process of this machine that is no more. Of one whose ids aren't those of this process, nobody can say. */
export function isDead(holder: string): boolean {
  const [, id, , table] = holder.split(' ');
  const pid = Number(id);
  if (table === undefined || table !== TABLE) return false;
  if (!Number.isSafeInteger(pid) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function processTable(): string | undefined {
  try {
    const start = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${start}/${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    return undefined; // Then the dead are waited for, as those of another machine are.
  }
}
