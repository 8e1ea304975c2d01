/** Serves a data folder with the read models of another module, on the built program: node serve.mjs <place as JSON> <module URL>; prints where. */
import { loadConfig } from '../../../dist/src/config.js';
import { createLogger } from '../../../dist/src/logger.js';
import { serve } from '../../../dist/src/main.js';

const [place, projections] = process.argv.slice(2);
const config = loadConfig({}, { ...JSON.parse(place), port: 0, logLevel: 'warn', cutOver: 'manual', projectionPage: 50 });
const { url, ready } = await serve(config, createLogger('warn'), { projections });
await ready;
console.log(url);
