/**
 * Checks of package-lock.json that npm does not make: every optional dependency has an entry (a missing one
 * makes `npm ci` fail on the platform that needs it), every package has a checksum, and no entry has a registry URL.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const { packages } = JSON.parse(readFileSync(join(dirname(import.meta.dirname), 'package-lock.json'), 'utf8'));
const problems = [];

for (const [place, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!isInstalledFor(place, name)) {
      problems.push(
        `${place || 'the project'} has the optional dependency ${name} without an entry: pin the package to a version that is complete`,
      );
    }
  }
  if (entry.resolved !== undefined || /^[a-z+]+:/.test(entry.version ?? '')) {
    problems.push(`${place} has a registry URL: npm install --omit-lockfile-registry-resolved`);
  }
  if (place !== '' && !entry.link && !entry.integrity) problems.push(`${place} has no checksum`);
}

for (const problem of problems) console.error(`package-lock.json: ${problem}.`);
if (problems.length > 0) process.exit(1);
console.log(`package-lock.json: ${Object.keys(packages).length - 1} packages, complete.`);

/** Whether Node's resolution from `place` would find `name` among the entries. */
function isInstalledFor(place, name) {
  for (let at = place; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    if (`${at ? `${at}/` : ''}node_modules/${name}` in packages) return true;
    if (at === '') return false;
  }
}
