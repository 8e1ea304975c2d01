/** The read-model store on one SQLite file: a writer for the projector's thread, a reader for the server's. */
export { openEmbeddedViewReader } from './embedded/reader.js';
export { openEmbeddedViewWriter } from './embedded/writer.js';
