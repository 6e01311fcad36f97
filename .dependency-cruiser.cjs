// Who may import whom. The house stands in this order: kernel ← contracts ← persistence, messaging ← service-shell ← services; a
// core decides without knowing the machine, and services know each other by messages only.
const { globSync } = require('node:fs');

/** What exists for tests or by hand: it may reach further than what runs in production. */
const FOR_TESTS = [
  '\\.spec\\.ts$',
  '\\.fixture\\.ts$',
  '/trial(/|\\.ts$)',
  '^packages/[^/]+/scripts/',
  '^services/[^/]+/scripts/',
];

/** Package → packages of ours that it may import, beside itself. */
const LAYERS = {
  kernel: [],
  'gate-verifier': [],
  contracts: ['kernel'],
  persistence: ['kernel', 'contracts'],
  messaging: ['kernel', 'contracts'],
  'service-shell': ['kernel', 'contracts', 'persistence', 'messaging'],
  documents: ['kernel'],
  sandboxes: [],
  'local-stack': [],
  testing: ['kernel'],
};

/** A decider's neighbour `<aggregate>.ts` holds its unions and belongs to the core as well. */
const aggregates = globSync('services/*/src/**/*.decider.ts', { cwd: __dirname }).map(
  (file) => `^${file.replace('.decider.ts', '\\.ts')}$`,
);
const CORE = ['\\.(decider|policy|messages)\\.ts$', ...aggregates];

const npm = (...names) => names.map((name) => `node_modules/${name}/`);

const layers = Object.entries(LAYERS).map(([name, below]) => ({
  name: `layers-${name}`,
  comment: `packages/${name} may import ${below.length === 0 ? 'no other package' : below.join(', ')}.`,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: FOR_TESTS },
  to: { path: '^(packages|services|e2e|scripts)/', pathNot: `^packages/(${[name, ...below].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'kernel-imports-nothing',
      comment: 'The kernel has no machine, no clock and no libraries.',
      severity: 'error',
      from: { path: '^packages/kernel/src/', pathNot: FOR_TESTS },
      to: { pathNot: '^packages/kernel/src/' },
    },
    {
      name: 'gate-verifier-imports-nothing',
      comment: 'It runs on devices and in browsers, alone.',
      severity: 'error',
      from: { path: '^packages/gate-verifier/(src|built)/', pathNot: FOR_TESTS },
      to: { pathNot: '^packages/gate-verifier/(src|built)/' },
    },
    {
      name: 'contracts-are-data',
      comment: 'What services share is schemas; only the part that writes files touches the machine.',
      severity: 'error',
      from: { path: '^packages/contracts/src/', pathNot: [...FOR_TESTS, '^packages/contracts/src/publishing/'] },
      to: { pathNot: ['^packages/(contracts/src/(?!publishing/)|kernel/)', 'node_modules/zod/'] },
    },
    {
      name: 'core-is-pure',
      comment: 'A core file decides: no driver, no shell around it.',
      severity: 'error',
      from: { path: CORE, pathNot: FOR_TESTS },
      to: {
        path: [
          ...npm('mongoose', 'mongodb', 'amqplib', 'express', 'ioredis', 'undici', 'pino'),
          '^packages/(messaging|service-shell)/',
          '^services/[^/]+/src/(features|adapters)/',
          '^services/[^/]+/src/(main|run|config|topology)\\.ts$',
          '\\.store\\.ts$',
        ],
      },
    },
    {
      name: 'core-touches-no-machine',
      comment: 'A core file imports no module of Node, with or without its prefix.',
      severity: 'error',
      from: { path: CORE, pathNot: FOR_TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'mongoose-in-stores',
      comment: 'Schemas and indexes of an aggregate have one home, its *.store.ts.',
      severity: 'error',
      // The process that holds the engine sets one parameter of it.
      from: {
        pathNot: [
          ...FOR_TESTS,
          '\\.store\\.ts$',
          '^packages/(persistence|testing)/',
          '^packages/local-stack/src/mongodb-host\\.ts$',
          '^e2e/',
        ],
      },
      to: { path: npm('mongoose', 'mongodb') },
    },
    {
      name: 'amqplib-in-messaging',
      comment: 'Everybody else speaks of slices and messages, not of channels.',
      severity: 'error',
      from: { pathNot: ['^packages/(messaging|testing)/', '^packages/local-stack/.*\\.spec\\.ts$', '^e2e/'] },
      to: { path: npm('amqplib') },
    },
    {
      name: 'services-are-strangers',
      comment: 'Services know each other by messages only (PLA-40).',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'services-run-without-stand-ins',
      comment: 'Stand-ins and test harnesses are for tests.',
      severity: 'error',
      from: { path: '^services/', pathNot: FOR_TESTS },
      to: { path: '^packages/(testing|local-stack|sandboxes)/' },
    },
    {
      name: 'production-knows-no-tests',
      comment: 'What runs in production imports no spec, fixture or trial.',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: [...FOR_TESTS, '^packages/testing/'] },
      to: { path: FOR_TESTS },
    },
    {
      name: 'features-do-not-compose',
      comment: 'run.ts binds slices; a slice does not know who binds it.',
      severity: 'error',
      from: { path: '^services/[^/]+/src/', pathNot: [...FOR_TESTS, '^services/[^/]+/src/main\\.ts$'] },
      to: { path: '^services/[^/]+/src/(main|run)\\.ts$' },
    },
    {
      name: 'features-are-flat',
      comment: 'One file per slice, no folders below features/.',
      severity: 'error',
      from: {},
      to: { path: '^services/[^/]+/src/features/[^/]+/' },
    },
    {
      name: 'nothing-imports-e2e',
      comment: 'Journeys stand outside.',
      severity: 'error',
      from: { pathNot: '^e2e/' },
      to: { path: '^e2e/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'a-home-has-a-name',
      comment: 'What has no name of its own has no home.',
      severity: 'error',
      from: {},
      to: {
        path: ['/(common|utils|shared|helpers)/', '/(common|util|utils|shared|helper|helpers)\\.ts$'],
        pathNot: 'node_modules/',
      },
    },
    {
      name: 'resolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^packages/contracts/generated/' },
    // `import type` binds as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
