/** `daybook config`: every setting with its value, default, environment variable and meaning. */
import { resolve } from 'node:path';
import { describeSettings, shownSetting, type Config } from '../config.js';
import type { Terminal } from './terminal.js';

export function runConfig(config: Config, { out }: Terminal): void {
  const values = config as Readonly<Record<string, unknown>>;
  for (const { key, variable, fallback, meaning } of describeSettings()) {
    const value = shownSetting(values[key], key);
    // The default of the data folder is relative to the working directory; the value is absolute.
    const isDefault = value === fallback || (key === 'dataDir' && value === resolve(fallback));
    out.write(`${key} = ${value}${isDefault ? ' (default)' : ` (default ${fallback})`}\n    ${variable}. ${meaning}\n`);
  }
  out.write(
    '\nA setting comes from the command line, its environment variable, or daybook.yaml (or the file named by DAYBOOK_CONFIG), in this order.\n',
  );
}
