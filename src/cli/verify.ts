/** `daybook projections verify`: builds read models aside and tells every document that is not what the events make of it. */
import type { Config } from '../config.js';
import type { Difference } from '../projector/difference.js';
import type { Verification } from '../projector/verify.js';
import { verifyAside, type VerifyAsideOptions } from '../projector/verify-aside.js';
import { buildName } from '../views/builds.js';
import { readModels, type OutputOptions } from './builds.js';
import { progress, silent, type Progress } from './progress.js';
import { withSession } from './session.js';
import { count, counted, plain } from './table.js';
import type { Terminal } from './terminal.js';

export interface VerifyOptions extends OutputOptions {
  /** Shows the documents that differ, which may be personal. */
  readonly data: boolean;
}

/**
 * @param names all read models when empty
 * @returns the exit code: 0 nothing differs, 4 documents differ, 5 none but such as wait as dead letters, 130 stopped
 * @throws NotThere, NotReady, NotYetThere, LogUnavailable, ViewsUnavailable
 */
export async function runVerify(config: Config, names: readonly string[], options: VerifyOptions, terminal: Terminal): Promise<number> {
  return withSession(config, terminal, {}, async (session) => {
    const { out, err } = terminal;
    const asked = await session.operations.verifiable(await readModels(session, names));
    const bars = stepBars(options.json && err.isTTY !== true ? undefined : err);
    let verifications: readonly Verification[];
    try {
      verifications = await verifyAside({
        config,
        ...asked,
        onProgress: bars.update,
        signal: session.signal,
      });
    } catch (failure) {
      if (!session.signal.aborted) throw failure;
      bars.end();
      err.write('Stopped. What was built aside is removed; the read models were only read.\n');
      return 130;
    }
    bars.end();
    if (options.json) out.write(`${JSON.stringify({ verifications: verifications.map(shown(options)) }, undefined, 2)}\n`);
    else out.write(verifications.map((verification) => account(verification, options)).join(''));
    if (verifications.some(({ differing }) => differing > 0)) return 4;
    return verifications.some(({ parked }) => parked > 0) ? 5 : 0;
  });
}

/** A bar for each step. The builds aside go on a little while documents are compared: that is no step of its own. */
function stepBars(stream: Terminal['err'] | undefined): {
  readonly update: NonNullable<VerifyAsideOptions['onProgress']>;
  readonly end: () => void;
} {
  let now: 'build' | 'compare' | undefined;
  let bar: Progress = silent;
  return {
    update(step, done, total) {
      if (!stream || (now === 'compare' && step === 'build')) return;
      if (step !== now) {
        bar.end();
        bar = step === 'build' ? progress(stream, 'Build aside') : progress(stream, 'Compare', { share: true });
        now = step;
      }
      bar.update(done, total);
    },
    end() {
      bar.end();
    },
  };
}

function account(verification: Verification, { data }: VerifyOptions): string {
  const { readModel: name, version, number, position, documents, differing, differences, parked } = verification;
  const verdict = differing === 0 ? 'none differs' : counted(differing, 'differs', 'differ');
  const waiting = parked === 0 ? '' : `; ${counted(parked, 'other one waits', 'others wait')} as dead letters`;
  const head = `${buildName({ name, version, number })}: ${counted(documents, 'document')} as of position ${count(position)}, ${verdict}${waiting}\n`;
  const more = differing > differences.length ? `  and ${count(differing - differences.length)} more\n` : '';
  return `${head}${differences.map((difference) => told(difference, data)).join('')}${more}`;
}

function told({ key, problem, detail, expected, actual }: Difference, data: boolean): string {
  const head = `  ${plain(key)}  ${problem}: ${plain(detail)}\n`;
  return data ? `${head}    events make ${json(expected)}\n    stored      ${json(actual)}\n` : head;
}

function json(document: Difference['expected']): string {
  return document === null ? 'nothing' : plain(JSON.stringify(document));
}

/** Documents may be personal: left out on demand. */
function shown({ data }: VerifyOptions): (verification: Verification) => object {
  if (data) return (verification) => verification;
  return ({ differences, ...rest }) => ({
    ...rest,
    differences: differences.map(({ key, problem, detail }) => ({ key, problem, detail })),
  });
}
