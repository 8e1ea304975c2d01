/**
 * Imports point one way, and this file fails the build when one does not:
 *   contracts <- src/kernel <- {src/<context>, projections} <- {log, leases, views, projector, policies, command-handling, identity, api, import, cli}
 * Contexts meet in contracts and never import each other. A driver is imported by its adapter alone. Type imports count like any other.
 */
const { readdirSync } = require('node:fs');

/** The contexts, by the names of their manifests. */
const contexts = readdirSync('src/contexts')
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => name !== 'index')
  .join('|');

/** What is pure: the model of the business, without I/O, engines or frameworks. */
const model = `^(contracts|projections|src/(kernel|${contexts}))/`;
/** What is shipped. */
const program = '^(src|contracts|projections)/';

/** Node's modules that reach the world outside the program, and those that start other threads of work. */
const outside =
  '^(node:)?(child_process|cluster|dgram|dns|fs|http|http2|https|inspector|net|os|process|readline|repl|sqlite|timers|tls|tty|worker_threads)(/|$)';

const npm = (name) => `(^|node_modules/)${name}(/|$)`;
const pure = npm('(uuid|zod)');

/** A rule: modules under `from` import of this project only what is under `only`. Packages are the business of other rules. */
const within = (name, from, only, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: '^(src|contracts|projections|test|bench|scripts)/', pathNot: only },
});

module.exports = {
  forbidden: [
    within(
      'contracts-stand-alone',
      '^contracts/',
      '^contracts/',
      'What was written outlives the program: contracts import contracts only.',
    ),
    within(
      'kernel-knows-contracts',
      '^src/kernel/',
      '^(contracts|src/kernel)/',
      'The kernel holds the words of the model; it knows no use of them.',
    ),
    within(
      'policies-join-contexts',
      `^src/(${contexts})/policies/`,
      `^(contracts|src/(kernel|${contexts})|projections)/`,
      'A policy reads read models, and issues commands of any context.',
    ),
    within(
      'contexts-meet-in-contracts',
      `^src/(${contexts})/(?!policies/)`,
      '^(contracts|src/kernel|src/$1)/',
      'A context imports contracts, the kernel and itself. It learns of another context by its events.',
    ),
    within(
      'projections-read-contracts',
      '^projections/([^/]+)/',
      '^(contracts|src/(kernel|$1)|projections)/',
      'A read model follows from events alone. A list takes from its context how a record type evolves.',
    ),
    within(
      'log-knows-no-reader',
      '^src/log/',
      '^(contracts|src/(kernel|log|sqlite))/',
      'The log keeps events whatever they mean and whoever reads them.',
    ),
    within('leases-stand-alone', '^src/leases/', '^src/(kernel|leases|sqlite)/', 'A lease protects any work; the room knows none of it.'),
    within(
      'views-know-no-writer',
      '^src/views/',
      '^(contracts|src/(kernel|leases|views|sqlite))/',
      'The view store keeps documents whatever they mean and whoever writes them.',
    ),
    within(
      'view-port-knows-no-engine',
      '^src/views/port/',
      '^(contracts|src/(kernel|leases|views/port))/',
      'The port says what an engine does, and imports none.',
    ),
    within(
      'view-engines-share-what-is-shared',
      '^src/views/(shared|serving)/',
      '^(contracts|src/(kernel|leases|views/(port|shared|serving)))/',
      'What engines share, and what serves, works with every engine.',
    ),
    within(
      'view-engines-stand-apart',
      '^src/views/(embedded|mongo)/',
      '^(contracts|src/(kernel|leases|sqlite|views/(port|shared|$1)))/',
      'An engine imports the port and what engines share, never another engine.',
    ),
    within(
      'migrate-knows-ports-only',
      '^src/migrate/',
      '^(contracts/|src/(kernel|migrate)/|src/log/(port|walk|sealed-parts)\\.ts$)',
      'A log is moved through the port: whatever engine it is in, and whatever its events mean.',
    ),
    within('sqlite-knows-no-port', '^src/sqlite/', '^src/(kernel|sqlite)/', 'What both embedded engines share knows neither of them.'),
    {
      name: 'contracts-use-zod-only',
      severity: 'error',
      comment: 'Contracts are shapes; zod is all they need.',
      from: { path: '^contracts/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'core'], pathNot: npm('zod') },
    },
    {
      name: 'model-uses-pure-packages',
      severity: 'error',
      comment: 'Kernel, contexts and projections are plain values and functions: no framework, no driver, no GraphQL.',
      from: { path: `^(projections|src/(kernel|${contexts}))/` },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'], pathNot: pure },
    },
    {
      name: 'model-without-io',
      severity: 'error',
      comment: 'Rules and read models are pure: what they need of the world is passed in.',
      from: { path: model },
      to: { path: outside },
    },
    {
      name: 'sqlite-in-its-adapters',
      severity: 'error',
      comment: 'The SQLite driver belongs to the embedded adapters and to what they share in src/sqlite.',
      from: { path: program, pathNot: '^src/((log|views)/embedded|sqlite/)' },
      to: { path: npm('@photostructure/sqlite') },
    },
    {
      name: 'kurrent-in-its-adapter',
      severity: 'error',
      comment: 'The EventStoreDB and KurrentDB client, with what it is made of, is slow to load: its adapter alone imports it.',
      from: { path: program, pathNot: '^src/log/kurrent' },
      to: { path: npm('(@(kurrent|eventstore|grpc)|google-protobuf)') },
    },
    {
      name: 'mongodb-in-its-adapter',
      severity: 'error',
      comment: 'The MongoDB driver is slow to load: its adapter alone imports it.',
      from: { path: program, pathNot: '^src/(views/mongo|leases/mongo)' },
      to: { path: npm('mongodb') },
    },
    {
      name: 'framework-at-the-edge',
      severity: 'error',
      comment: 'Nest and Apollo live in src/api, src/app.module.ts and src/main.ts.',
      from: { path: program, pathNot: '^src/(api/|app\\.module\\.ts$|main\\.ts$)' },
      to: { path: npm('@(nestjs|apollo)') },
    },
    {
      name: 'program-without-tests',
      severity: 'error',
      comment: 'Nothing that is shipped imports what is not: tests, benchmarks and scripts.',
      from: { path: program },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'program-without-dev-dependencies',
      severity: 'error',
      comment: 'What the program imports is in "dependencies", or an installation without development packages fails.',
      from: { path: program },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Modules that import each other in a circle load in an order that nobody chose.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'found',
      severity: 'error',
      comment: 'An import that leads nowhere. What tests take from dist/ is there once the program is built.',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(\\.\\./)+dist/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|dist-[^/]+|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    progress: { type: 'none' },
  },
};
