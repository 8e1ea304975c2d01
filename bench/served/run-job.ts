/** Runs a job in a load process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { WrongResult } from '../check.js';
import type { Job, JobResult } from './job.js';

/** @throws WrongResult when a response is not as expected */
export async function runJob(job: Job): Promise<JobResult> {
  const child = fork(new URL('./load.js', import.meta.url), { serialization: 'advanced' });
  const answered = once(child, 'message') as Promise<[JobResult]>;
  const exited = once(child, 'exit').then(([code]): never => {
    throw new Error(`The load process ended with ${String(code)} before it answered.`);
  });
  exited.catch(() => undefined);
  child.send(job);
  const [result] = await Promise.race([answered, exited]);
  if (result.wrong.length > 0) throw new WrongResult(result.wrong.join('\n'));
  return result;
}
