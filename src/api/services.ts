/** The services of the HTTP API, injected by Nest as one provider. */
import type { Config } from '../config.js';
import type { Logger } from '../logger.js';
import type { Verifications } from '../projector/verifications.js';
import type { Runtime } from '../runtime.js';
import type { Metrics } from './metrics.js';
import type { Readiness } from './readiness.js';

export interface Services {
  readonly config: Config;
  readonly logger: Logger;
  readonly runtime: Runtime;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly verifications: Verifications;
}

export const SERVICES = Symbol('Services');
