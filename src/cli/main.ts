#!/usr/bin/env node
/** Entry of the `daybook` command. */
import 'reflect-metadata';
import { run } from './program.js';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads our output may have seen enough (`daybook config | head`): that is no failure.
    if (error.code === 'EPIPE') process.exit();
    if (stream === process.stdout) process.stderr.write(`The output can't be written: ${error.message}.\n`);
    process.exit(1);
  });
}

const code = await run(process.argv.slice(2), { out: process.stdout, err: process.stderr, environment: process.env });
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve());
  });
}
// All is closed by now; a connection that the other side does not let go of must not keep the process.
process.exit(code);
