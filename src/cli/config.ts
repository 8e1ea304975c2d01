/** `daybook config`: each setting with its value here, where it is set, and what it means. */
import { resolve } from 'node:path';
import { describeSettings, shownSetting, type Config } from '../config.js';
import type { Terminal } from './terminal.js';

export function runConfig(config: Config, { out }: Terminal): void {
  const values = config as Readonly<Record<string, unknown>>;
  for (const { key, variable, fallback, meaning } of describeSettings()) {
    const value = shownSetting(values[key]);
    // The data folder's default is relative to the working folder; its value never is.
    const isDefault = value === fallback || (key === 'dataDir' && value === resolve(fallback));
    out.write(`${key} = ${value}${isDefault ? ' (default)' : ` (default ${fallback})`}\n    ${variable}. ${meaning}\n`);
  }
  out.write(
    '\nA setting is taken from the command line, else from its variable, else from daybook.yaml or the file that DAYBOOK_CONFIG names.\n',
  );
}
