/**
 * Names of lease holders: host name, process id, and the process table that the id belongs to. Host name and process id alone don't identify a
 * process: machines may share a name, and a container has process ids of its own.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The boot id of the kernel, and the namespace of process ids; undefined on systems other than Linux. */
const TABLE = processTable();

/** A new holder of this process. */
export function newHolder(): string {
  return [hostname(), process.pid, randomUUID(), ...(TABLE === undefined ? [] : [TABLE])].join(' ');
}

/** Whether a holder was a process of this machine that has ended. False when its process table is another one, since that can't be known. */
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
    return undefined; // Leases of dead processes then expire, as those of other machines do.
  }
}
