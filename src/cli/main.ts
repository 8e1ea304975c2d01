#!/usr/bin/env node
/** Entry of the `daybook` command. */
import 'reflect-metadata';
import { run } from './program.js';

// Whoever reads our output may have seen enough (`daybook config | head`): that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), { out: process.stdout, err: process.stderr, environment: process.env });
