/** `daybook projections verify`: builds temporary copies of read models and reports every document that differs. */
import type { Config } from '../config.js';
import type { Difference } from '../projector/difference.js';
import type { Verification } from '../projector/verification.js';
import { verifyIsolated, type IsolatedVerificationOptions } from '../projector/isolated-verification.js';
import { buildName } from '../views/port/build-identity.js';
import type { OutputOptions } from './builds.js';
import { progress, silent, type Progress } from './progress.js';
import { withSession } from './session.js';
import { count, counted, plain } from './table.js';
import type { Terminal } from './terminal.js';

export interface VerifyOptions extends OutputOptions {
  /** Shows the documents that differ, which may be personal. */
  readonly data: boolean;
}

/**
 * @param names if empty, all read models
 * @returns the exit code: 0 nothing differs, 4 documents differ, 5 only documents with dead letters differ, 130 stopped
 * @throws NotFound, NotReady, PositionTimeout, LogUnavailable, ViewsUnavailable
 */
export async function runVerify(config: Config, names: readonly string[], options: VerifyOptions, terminal: Terminal): Promise<number> {
  return withSession(config, terminal, {}, async (session) => {
    const { out, err } = terminal;
    const asked = await session.administration.verifiable(names.length > 0 ? names : undefined);
    const bars = stepBars(options.json && err.isTTY !== true ? undefined : err);
    let verifications: readonly Verification[];
    try {
      verifications = await verifyIsolated({
        config,
        ...asked,
        onProgress: bars.update,
        signal: session.signal,
      });
    } catch (failure) {
      if (!session.signal.aborted) throw failure;
      bars.end();
      err.write('Stopped. The temporary build was removed; the read models were not changed.\n');
      return 130;
    }
    bars.end();
    if (options.json) out.write(`${JSON.stringify({ verifications: verifications.map(jsonOf(options)) }, undefined, 2)}\n`);
    else out.write(verifications.map((verification) => describe(verification, options)).join(''));
    if (verifications.some(({ differing }) => differing > 0)) return 4;
    return verifications.some(({ deadLetters }) => deadLetters > 0) ? 5 : 0;
  });
}

/** One progress bar per step. The temporary builds may continue for a while during the comparison, which is not shown. */
function stepBars(stream: Terminal['err'] | undefined): {
  readonly update: NonNullable<IsolatedVerificationOptions['onProgress']>;
  readonly end: () => void;
} {
  let now: 'build' | 'compare' | undefined;
  let bar: Progress = silent;
  return {
    update(step, done, total) {
      if (!stream || (now === 'compare' && step === 'build')) return;
      if (step !== now) {
        bar.end();
        bar = step === 'build' ? progress(stream, 'Rebuild') : progress(stream, 'Compare', { share: true });
        now = step;
      }
      bar.update(done, total);
    },
    end() {
      bar.end();
    },
  };
}

function describe(verification: Verification, { data }: VerifyOptions): string {
  const { readModel: name, version, number, position, documents, differing, differences, deadLetters } = verification;
  const verdict = differing === 0 ? 'none differs' : counted(differing, 'differs', 'differ');
  const waiting = deadLetters === 0 ? '' : `; ${counted(deadLetters, 'dead letter')}`;
  const head = `${buildName({ name, version, number })}: ${counted(documents, 'document')} as of position ${count(position)}, ${verdict}${waiting}\n`;
  const more = differing > differences.length ? `  and ${count(differing - differences.length)} more\n` : '';
  return `${head}${differences.map((difference) => describeDifference(difference, data)).join('')}${more}`;
}

function describeDifference({ key, problem, detail, expected, actual }: Difference, data: boolean): string {
  const head = `  ${plain(key)}  ${problem}: ${plain(detail)}\n`;
  return data ? `${head}    expected  ${json(expected)}\n    stored    ${json(actual)}\n` : head;
}

function json(document: Difference['expected']): string {
  return document === null ? 'nothing' : plain(JSON.stringify(document));
}

/** A verification as JSON, with or without the documents. */
function jsonOf({ data }: VerifyOptions): (verification: Verification) => object {
  if (data) return (verification) => verification;
  return ({ differences, ...rest }) => ({
    ...rest,
    differences: differences.map(({ key, problem, detail }) => ({ key, problem, detail })),
  });
}
