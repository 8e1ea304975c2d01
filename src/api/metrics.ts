/** Prometheus metrics: commands, projections, policies, the process and its event loop. Labels are names of types, never of records. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { BatchReport } from '../projector/options.js';
import type { ReadinessReport, BuildProgress } from './readiness.js';

export class Metrics {
  readonly registry = new Registry();
  readonly #commands: Counter<'command' | 'outcome'>;
  readonly #duration: Histogram;
  readonly #refusals: Counter<'policy'>;
  readonly #batches: Histogram<'model' | 'version'>;

  constructor(readiness: () => ReadinessReport) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 5 });
    this.#commands = new Counter({
      name: 'daybook_commands_total',
      help: 'Commands by name and outcome: done, repeated, unchanged, failed, or the code of the rule that said no.',
      labelNames: ['command', 'outcome'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'daybook_command_seconds',
      help: 'From the validated command to its durable result, in seconds.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    });
    this.#refusals = new Counter({
      name: 'daybook_policy_refusals_total',
      help: 'Commands of process managers that a rule refused.',
      labelNames: ['policy'],
      registers,
    });
    new Gauge({
      name: 'daybook_log_position',
      help: 'Position of the last event of the log.',
      registers,
      collect() {
        this.set(readiness().head);
      },
    });
    const ofBuilds = (name: string, help: string, value: (standing: BuildProgress) => number): void => {
      new Gauge({
        name,
        help,
        labelNames: ['model', 'version', 'build', 'state'] as const,
        registers,
        collect() {
          // Removes builds that were dropped or have another state now.
          this.reset();
          for (const standing of readiness().models) {
            const { model, version, build, state } = standing;
            this.set({ model, version: String(version), build: String(build), state }, value(standing));
          }
        },
      });
    };
    ofBuilds('daybook_projection_position', 'Position that a build of a read model has reached.', ({ position }) => position);
    ofBuilds('daybook_projection_lag_events', 'Positions from that of a build to the end of the log.', ({ behind }) => behind);
    ofBuilds('daybook_projection_lag_seconds', 'How long a build has been behind the log, in seconds.', ({ lagSeconds }) => lagSeconds);
    ofBuilds(
      'daybook_projection_events_per_second',
      'Events per second that a build has processed, over the last seconds.',
      ({ rate }) => rate,
    );
    ofBuilds(
      'daybook_projection_dead_letters',
      'Documents of a build with events that could not be applied.',
      ({ deadLetters }) => deadLetters,
    );
    this.#batches = new Histogram({
      name: 'daybook_projection_batch_seconds',
      help: 'Time from a page of events to its commit in this process, in seconds.',
      labelNames: ['model', 'version'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    });
    new Gauge({
      name: 'daybook_ready',
      help: '1 while every live read model keeps up with the log.',
      registers,
      collect() {
        this.set(readiness().ready ? 1 : 0);
      },
    });
  }

  /** Adds metrics of websockets, which are counted when metrics are read. */
  subscriptions(counted: () => { readonly sockets: number; readonly subscriptions: number }): void {
    const registers = [this.registry];
    new Gauge({
      name: 'daybook_websockets',
      help: 'Open websockets.',
      registers,
      collect() {
        this.set(counted().sockets);
      },
    });
    new Gauge({
      name: 'daybook_subscriptions',
      help: 'Running subscriptions.',
      registers,
      collect() {
        this.set(counted().subscriptions);
      },
    });
  }

  /** @param seconds how long it took; absent for commands that were refused */
  command(command: string, outcome: string, seconds?: number): void {
    this.#commands.inc({ command, outcome });
    if (seconds !== undefined) this.#duration.observe(seconds);
  }

  policyRefusal(policy: string): void {
    this.#refusals.inc({ policy });
  }

  projected(batches: readonly BatchReport[]): void {
    for (const { model, version, milliseconds } of batches) {
      this.#batches.observe({ model, version: String(version) }, milliseconds / 1_000);
    }
  }
}
