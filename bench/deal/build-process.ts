/** A process that only builds read models, so that its memory is that of the build. */
import { build, type BuildTask } from './builds.js';

console.log(await build(JSON.parse(process.argv[2] ?? '') as BuildTask));
