#!/usr/bin/env node
/** Entry of the `daybook` command. */
import 'reflect-metadata';
import { run } from './program.js';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has closed the pipe, as in `daybook config | head`. That is not a failure.
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
// Everything is closed. A connection that the other side keeps open must not keep the process alive.
process.exit(code);
