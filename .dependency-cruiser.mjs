// Who may import whom, as in the house style and the design: services use shared folders and never each other, arrows
// between shared folders point one way, and a folder is entered through its mod.ts. The tables below are the rules;
// the code under them only spells them in dependency-cruiser's terms. `tools/check-imports.mjs` runs them.

/**
 * For each folder of shared/, the other folders of shared/ it may import. What is not listed is forbidden.
 * machine ← vmm ← migration; runtime, protocol ← cluster ← policies ← simulation; scenario and report on top.
 */
const mayImport = {
  machine: [],
  runtime: [],
  vmm: ['machine', 'runtime'],
  migration: ['machine', 'vmm', 'runtime', 'protocol'],
  protocol: ['runtime'],
  cluster: ['runtime', 'protocol'],
  policies: ['cluster', 'protocol', 'runtime'],
  simulation: ['policies', 'cluster', 'protocol', 'runtime'],
  scenario: ['simulation', 'policies', 'cluster', 'protocol', 'runtime'],
  report: ['scenario', 'simulation', 'policies', 'cluster', 'protocol', 'runtime'],
};

/** Packages with one place that may import them. */
const homeOfPackage = {
  nats: '^shared/runtime/live/nats/',
  fastify: '^services/api/',
  commander: '^services/cli/',
};

/** Parts of Node that touch the world; the rest of the code is given ports instead. */
const worldlyModules =
  '^(node:)?(fs|net|tls|dgram|http|https|http2|child_process|worker_threads|cluster|os|readline|process|timers|perf_hooks)(/|$)';
const worldlyPlaces = ['^shared/runtime/live/', '^services/[^/]+/main\\.ts$', '^services/cli/', '^(bench|tools|test)/'];

/**
 * The doors of a folder: its mod.ts. Runtime has more: what needs sockets is not behind runtime/mod.ts, and a worker
 * thread loads what it runs without all the rest (NATS among it).
 */
const doors = [
  '^[^/]+/[^/]+/mod\\.ts$',
  '^shared/runtime/(live|memory)/mod\\.ts$',
  '^shared/runtime/live/executor-worker\\.ts$',
];

const tests = '\\.(test|contract)\\.ts$|/(testing|contract)/|^test/';

const error = /** @type {const} */ ('error');

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  {
    name: 'resolvable',
    comment: 'An import must lead to something.',
    severity: error,
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-cycles',
    comment: 'Files that import each other in a ring cannot be loaded one by one (naming a type back is no import).',
    severity: error,
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'services-apart',
    comment: 'Services talk over the network only; services/embedded composes them in one process.',
    severity: error,
    from: { path: '^services/([^/]+)/', pathNot: ['^services/embedded/', tests] },
    to: { path: '^services/', pathNot: '^services/$1/' },
  },
  {
    name: 'shared-below-services',
    comment: 'shared/ is usable without the services.',
    severity: error,
    from: { path: '^shared/' },
    to: { path: '^(services|guests|bench|tools|test)/' },
  },
  {
    name: 'through-the-door',
    comment: 'Another folder is entered through its mod.ts (runtime has live/mod.ts and memory/mod.ts besides).',
    severity: error,
    from: { path: '^((?:shared|services)/[^/]+)/', pathNot: tests },
    to: { path: '^(shared|services)/[^/]+/', pathNot: ['^$1/', ...doors] },
  },
  {
    name: 'through-the-door-from-outside',
    comment: 'bench/ and tools/ enter folders of shared/ through mod.ts as well; tests may look inside.',
    severity: error,
    from: { path: '^(bench|tools)/', pathNot: tests },
    to: { path: '^shared/', pathNot: doors },
  },
  {
    name: 'world-through-ports',
    comment: 'Files, sockets, threads and processes belong to shared/runtime/live and to main.ts; others use ports.',
    severity: error,
    from: { path: '^(shared|services)/', pathNot: [...worldlyPlaces, tests] },
    to: { path: worldlyModules, dependencyTypes: ['core'] },
  },
  {
    name: 'policies-are-pure',
    comment: 'A policy is a pure function; it reaches neither NATS nor the VMM, not even through others.',
    severity: error,
    from: { path: '^shared/policies/', pathNot: tests },
    to: { path: '^shared/vmm/|^shared/runtime/live/|^node_modules/nats/', reachable: true },
  },
  {
    name: 'no-tests-in-the-product',
    comment: 'What only tests use (*.test.ts, folders named testing) is not part of the product.',
    severity: error,
    from: { path: '^(shared|services)/', pathNot: tests },
    to: { path: tests },
  },
  {
    name: 'no-dev-packages-in-the-product',
    comment: 'What runs for a user must be listed under dependencies.',
    severity: error,
    from: { path: '^(shared|services)/', pathNot: tests },
    to: { dependencyTypes: ['npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'] },
  },
  ...Object.entries(mayImport).map(([folder, allowed]) => ({
    name: `arrows-of-${folder}`,
    comment: `shared/${folder} may import ${allowed.length === 0 ? 'only itself' : allowed.join(', ')}.`,
    severity: error,
    from: { path: `^shared/${folder}/`, pathNot: tests },
    to: { path: '^shared/', pathNot: `^shared/(${[folder, ...allowed].join('|')})/` },
  })),
  {
    name: 'machine-alone',
    comment: 'The emulated computer needs no package.',
    severity: error,
    from: { path: '^shared/machine/', pathNot: tests },
    to: { path: '^node_modules/' },
  },
  ...Object.entries(homeOfPackage).map(([name, home]) => ({
    name: `home-of-${name}`,
    comment: `Only ${home} imports ${name}.`,
    severity: error,
    from: { path: '^(shared|services|bench|tools)/', pathNot: [home] },
    to: { path: `^node_modules/${name}/` },
  })),
];

/** Folders of shared/ that the tables know; the check fails on one that they do not. */
export const knownFolders = Object.keys(mayImport);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true, // type imports are dependencies too
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
