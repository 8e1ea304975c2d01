/**
 * Checks package-lock.json for what npm itself does not: every optional dependency that it names has an entry (one without its entry
 * makes `npm ci` fail on the platform that needs it), every package has a checksum, and nothing names the registry that it came from.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const { packages } = JSON.parse(readFileSync(join(dirname(import.meta.dirname), 'package-lock.json'), 'utf8'));
const problems = [];

for (const [place, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!isInstalledFor(place, name)) {
      problems.push(
        `${place || 'the project'} names the optional dependency ${name}, which has no entry: hold the package at a version that is complete`,
      );
    }
  }
  if (entry.resolved !== undefined || /^[a-z+]+:/.test(entry.version ?? '')) {
    problems.push(`${place} names where it was downloaded from: npm install --omit-lockfile-registry-resolved`);
  }
  if (place !== '' && !entry.link && !entry.integrity) problems.push(`${place} has no checksum`);
}

for (const problem of problems) console.error(`package-lock.json: ${problem}.`);
if (problems.length > 0) process.exit(1);
console.log(`package-lock.json: ${Object.keys(packages).length - 1} packages, complete.`);

/** Whether Node, looking from `place` outwards as it does, would find `name` in one of the entries. */
function isInstalledFor(place, name) {
  for (let at = place; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    if (`${at ? `${at}/` : ''}node_modules/${name}` in packages) return true;
    if (at === '') return false;
  }
}
