/** Settings: one documented list, validated at the start. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidConfig, loadConfig, settingsTable } from '../src/config.js';
import { temporaryFolder, type Folder } from './support/folder.js';

describe('the configuration', () => {
  let folder: Folder;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  /** An environment that names a file with this content. */
  const file = (content: string): Record<string, string> => {
    const path = join(folder.path, 'daybook.yaml');
    writeFileSync(path, content);
    return { DAYBOOK_CONFIG: path };
  };
  const messageOf = (environment: Record<string, string>): string => {
    try {
      loadConfig(environment);
    } catch (failure) {
      expect(failure).toBeInstanceOf(InvalidConfig);
      return (failure as InvalidConfig).message;
    }
    throw new Error('The configuration was taken.');
  };

  it('has defaults for everything', () => {
    expect(loadConfig({})).toMatchObject({ host: '127.0.0.1', port: 4000, stateCache: 10_000 });
  });

  it('takes the command line over the environment over the file', () => {
    const environment = file('port: 1\nlogLevel: warn\nstateCache: 7\n');
    const config = loadConfig({ ...environment, DAYBOOK_PORT: '2', DAYBOOK_LOG_LEVEL: 'error' }, { port: 3 });
    expect(config).toMatchObject({ port: 3, logLevel: 'error', stateCache: 7 });
  });

  it('refuses what it does not know, in the file and in the environment, and names what there is', () => {
    const message = messageOf({ ...file('prot: 1\n'), DAYBOOK_PROT: '1' });
    expect(message).toContain('prot in ');
    expect(message).toContain('DAYBOOK_PROT is not a setting; the settings are DAYBOOK_DATA_DIR');
  });

  it.each([
    ['DAYBOOK_PORT', 'eighty', 'a whole number from 0 to 65535'],
    ['DAYBOOK_PORT', '70000', 'a whole number from 0 to 65535'],
    ['DAYBOOK_PORT', '', 'a whole number from 0 to 65535'],
    ['DAYBOOK_PORT', '80.5', 'a whole number from 0 to 65535'],
    ['DAYBOOK_INTROSPECTION', 'maybe', 'true or false'],
    ['DAYBOOK_LOG_LEVEL', 'loud', 'info'],
    ['DAYBOOK_HOST', '0.0.0.0', 'set exposed to allow it'],
    ['DAYBOOK_DEFAULT_ACTOR', 'a b', 'a user id'],
  ])('refuses %s=%s and says what is allowed', (name, value, allowed) => {
    const message = messageOf({ [name]: value });
    expect(message).toContain(name);
    expect(message).toContain(allowed);
  });

  it('names every problem at once', () => {
    const message = messageOf({ DAYBOOK_PORT: 'x', DAYBOOK_LOG_LEVEL: 'x' });
    expect(message).toContain('DAYBOOK_PORT');
    expect(message).toContain('DAYBOOK_LOG_LEVEL');
  });

  it.each([
    ['that is missing', { DAYBOOK_CONFIG: '/nowhere/daybook.yaml' }, "can't be read"],
    ['that is no list of settings', undefined, 'one `name: value` per line'],
  ])('refuses a named file %s', (_, environment, expected) => {
    expect(messageOf(environment ?? file('- port\n'))).toContain(expected);
  });

  it('is documented, each setting with its variable, default and meaning', () => {
    expect(readFileSync('docs/configuration.md', 'utf8')).toContain(settingsTable());
  });
});
