/** Runs the server for tests in a process of its own: `node run.mjs <file> [port]`. Its TypeScript is compiled as it is loaded. */
import { register } from 'node:module';

register('./compile.mjs', import.meta.url);
await import('./main.ts');
