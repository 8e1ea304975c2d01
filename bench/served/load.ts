/** The load process: gets a job as a message, sends the result, and ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Connection, type Answer } from './connection.js';
import { POSITION, type Exchange, type Job, type JobResult, type LanesJob, type PacedJob } from './job.js';

const COMMAND_CONNECTIONS = 64;
const PROBE_CONNECTIONS = 16;

const wrong: string[] = [];
const latencies: number[] = [];

process.once('message', (job: Job) => {
  void (job.kind === 'lanes' ? runLanes(job) : runPaced(job)).then((seconds) => {
    const result: JobResult = { seconds, latencies: latencies.sort((a, b) => a - b), wrong: wrong.slice(0, 3) };
    process.send?.(result, () => process.exit());
  });
});

async function runLanes({ port, path, lanes }: LanesJob): Promise<number> {
  const connections = await Promise.all(lanes.map(() => Connection.open(port)));
  const start = performance.now();
  await Promise.all(
    lanes.map(async (exchanges, lane) => {
      const connection = connections[lane];
      for (const exchange of exchanges) {
        const sent = performance.now();
        const answer = await connection?.post(path, exchange.body);
        latencies.push(performance.now() - sent);
        check(answer, exchange);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const connection of connections) connection.close();
  return seconds;
}

/** Commands are sent at their time, whether or not earlier ones have been answered; they wait for a free connection if necessary. */
async function runPaced({ port, path, perSecond, every, commands }: PacedJob): Promise<number> {
  const idle = await Promise.all(Array.from({ length: COMMAND_CONNECTIONS }, () => Connection.open(port)));
  const probes = await Promise.all(Array.from({ length: PROBE_CONNECTIONS }, () => Connection.open(port)));
  const start = performance.now();
  const under: Promise<void>[] = [];
  for (const [index, { probe, ...command }] of commands.entries()) {
    const wait = start + (index * 1000) / perSecond - performance.now();
    if (wait > 1) await sleep(wait);
    let connection = idle.pop();
    while (!connection) {
      await sleep(1);
      connection = idle.pop();
    }
    const taken = connection;
    under.push(
      (async () => {
        const answer = await taken.post(path, command.body);
        const acknowledged = performance.now();
        idle.push(taken);
        const position = /"position":"(\d+)"/.exec(answer.body)?.[1] ?? '';
        check({ ...answer, body: answer.body.replace(`"${position}"`, `"${POSITION}"`) }, command);
        const asking = index % every === 0 ? probes.pop() : undefined;
        if (!asking) return;
        const shown = await asking.post(path, probe.body.replace(POSITION, position));
        latencies.push(performance.now() - acknowledged);
        probes.push(asking);
        check(shown, probe);
      })(),
    );
  }
  await Promise.all(under);
  const seconds = (performance.now() - start) / 1000;
  for (const connection of [...idle, ...probes]) connection.close();
  return seconds;
}

function check(answer: Answer | undefined, { body, expected }: Exchange): void {
  if (answer?.status === 200 && (answer.body.trimEnd() === expected || isDeepStrictEqual(JSON.parse(answer.body), JSON.parse(expected)))) {
    return;
  }
  wrong.push(`${body} was answered with ${answer?.status ?? 0} ${answer?.body.slice(0, 500) ?? ''} instead of ${expected.slice(0, 500)}`);
}
