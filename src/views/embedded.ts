/** The read-model store on SQLite: a writer for the projector's thread, a reader for the server's, and checkpoints in a file of their own. */
export { openEmbeddedCheckpoints } from './embedded/checkpoints.js';
export { openEmbeddedViewReader } from './embedded/reader.js';
export { openEmbeddedViewWriter } from './embedded/writer.js';
