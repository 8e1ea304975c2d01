/** Prometheus metrics: commands, projections, policies, the process and its event loop. Labels are names of types, never of records. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ReadinessReport } from './readiness.js';

export class Metrics {
  readonly registry = new Registry();
  readonly #commands: Counter<'command' | 'outcome'>;
  readonly #duration: Histogram;
  readonly #refusals: Counter<'policy'>;

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
    const labelNames = ['model', 'version'] as const;
    new Gauge({
      name: 'daybook_projection_position',
      help: 'Position that a read model has reached.',
      labelNames,
      registers,
      collect() {
        for (const { model, version, position } of readiness().models) this.set({ model, version: String(version) }, position);
      },
    });
    new Gauge({
      name: 'daybook_projection_lag_events',
      help: 'Positions between the end of the log and what a read model has reached.',
      labelNames,
      registers,
      collect() {
        for (const { model, version, behind } of readiness().models) this.set({ model, version: String(version) }, behind);
      },
    });
    new Gauge({
      name: 'daybook_ready',
      help: '1 when every read model keeps up with the log.',
      registers,
      collect() {
        this.set(readiness().ready ? 1 : 0);
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
}
