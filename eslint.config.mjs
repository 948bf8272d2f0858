import { builtinModules } from 'node:module';
import devkit from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import fairlead from './tools/lint/rules.mjs';

// The boundary rule reads Nx's project graph, and skips itself with a mere warning where none is cached.
try {
  devkit.readCachedProjectGraph();
} catch {
  await devkit.createProjectGraphAsync({ exitOnError: false });
}

const tests = ['{libs,services}/*/src/**/*.spec.ts', '{libs,services}/*/test/**/*.ts'];

// --- What may be imported where -------------------------------------------------------------------------------------

const kafka = {
  group: ['kafkajs', 'kafkajs/*'],
  message: 'Kafka has one place, libs/messaging: the client is unmaintained and must stay replaceable.',
};
const postgres = {
  group: ['pg', 'pg/*', 'pg-*', 'typeorm', 'typeorm/*', '@nestjs/typeorm'],
  message: 'PostgreSQL has one place, libs/persistence; a store is handed a `Query`.',
};
const leavesThroughOneDoor = 'What leaves the system leaves through one guarded client, @fairlead/platform/outgoing.';
const http = { group: ['undici', 'undici/*', 'axios', 'got', 'node-fetch'], message: leavesThroughOneDoor };
const nodeHttp = {
  group: ['node:http', 'node:https', 'node:http2', 'http', 'https', 'http2'],
  importNames: ['default', 'request', 'get', 'connect', 'Agent', 'ClientRequest'],
  message: leavesThroughOneDoor,
};
const impure = {
  group: ['@nestjs/*', 'typeorm', 'typeorm/*', 'pg', 'pg/*', 'kafkajs', 'kafkajs/*', 'undici', 'undici/*', 'pino'],
  message: 'Decisions decide; handlers do the I/O.',
};
const runtime = {
  group: ['node:*', ...builtinModules.filter((name) => !name.startsWith('_')).flatMap((name) => [name, `${name}/*`])],
  message: 'Decisions have no runtime around them: no files, no clock, no randomness.',
};
const besidesHashing = {
  group: runtime.group
    .filter((name) => name !== 'node:*' && !/^crypto(\/|$)/.test(name))
    .flatMap((name) => [name, `node:${name}`]),
  message: 'The log is hashes and signatures of what it is given; its files are behind `LogStorage`.',
};
const standsAlone = "The partners' kit has no dependency, and runs wherever there is fetch; only ./node knows Node.";
const nestKafka = {
  name: '@nestjs/microservices',
  importNames: [
    'ClientKafka',
    'ClientKafkaProxy',
    'ServerKafka',
    'KafkaContext',
    'KafkaRetriableException',
    'KafkaParser',
  ],
  message: "Nest's own Kafka transport runs one message at a time and blocks its partition on one that always fails.",
};

/** ESLint replaces a rule's options from one block to the next, so each place says all that is barred there. */
const barred = (...patterns) => ({
  'no-restricted-imports': ['error', { paths: [nestKafka], patterns: patterns.map(asPattern) }],
  'no-restricted-syntax': ['error', ...patterns.map(asDynamicImport)],
});

/** `group` is read as in .gitignore, where a bare name would also match a folder of that name: exact names instead. */
function asPattern({ group, ...rest }) {
  return { regex: `^(?:${group.map(asRegex).join('|')})$`, ...rest };
}

/** no-restricted-imports does not look at `await import('kafkajs')`. */
function asDynamicImport({ group, message }) {
  return {
    selector: `ImportExpression[source.value=/^(?:${group.map((name) => asRegex(name).replaceAll('/', '\\u002f')).join('|')})$/]`,
    message,
  };
}

function asRegex(name) {
  return name.replace(/[.$+?()[\]{}|\\]/g, '\\$&').replaceAll('*', '.+');
}

// --- Purity of the decisions ----------------------------------------------------------------------------------------

const sameEverywhere = 'The same arguments must give the same decision on every machine, always: pass it in.';
const impureGlobals = [
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  ...['process', 'crypto', 'console', 'fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'navigator', 'Intl'],
  ...['require', 'module', 'global', 'globalThis', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'SharedArrayBuffer'],
].map((name) => ({ name, message: sameEverywhere }));

const impureProperties = [
  { object: 'Math', property: 'random', message: sameEverywhere },
  // ECMAScript leaves the last digits of these to the implementation.
  ...['exp', 'expm1', 'log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2']
    .concat(['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'cbrt', 'hypot'])
    .map((property) => ({
      object: 'Math',
      property,
      message: 'Its last digits differ between engines: use integers.',
    })),
  ...['localeCompare', 'toLocaleString', 'toLocaleLowerCase', 'toLocaleUpperCase']
    .concat(['toLocaleDateString', 'toLocaleTimeString'])
    .map((property) => ({ property, message: 'It depends on where it runs: compare code units.' })),
];

const impureSyntax = [
  { selector: ':function[async=true], AwaitExpression', message: 'A decision has nothing to wait for.' },
  {
    selector:
      'Program > VariableDeclaration[kind="let"], Program > ExportNamedDeclaration > VariableDeclaration[kind="let"]',
    message: 'A decision remembers nothing: state comes in and goes out.',
  },
  { selector: 'MetaProperty[meta.name="import"]', message: 'Decisions do not know where they run.' },
];

const pure = barred(impure, runtime);
pure['no-restricted-syntax'].push(...impureSyntax);

// --- Arrows between projects ----------------------------------------------------------------------------------------

const arrows = [
  { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib', 'type:service'] },
  { sourceTag: 'scope:events', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:persistence', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:partner-kit', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:decisions', onlyDependOnLibsWithTags: ['scope:events'] },
  { sourceTag: 'scope:transparency-log', onlyDependOnLibsWithTags: ['scope:events'] },
  { sourceTag: 'scope:messaging', onlyDependOnLibsWithTags: ['scope:events', 'scope:persistence'] },
  // Who decides about leads cannot open their contact details, not by a detour either.
  { sourceTag: 'scope:scoring', notDependOnLibsWithTags: ['scope:personal-data'] },
  { sourceTag: 'scope:routing', notDependOnLibsWithTags: ['scope:personal-data'] },
  { sourceTag: 'scope:platform', notDependOnLibsWithTags: ['scope:personal-data'] },
];

// --------------------------------------------------------------------------------------------------------------------

export default defineConfig(
  {
    // The examples are wrong on purpose; tools/lint/examples.test.mjs lints them where they pretend to be.
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '**/coverage/',
      '.node/',
      '.nx/',
      '.fairlead/',
      '.python/',
      'tools/lint/examples/',
      // Built from page/, which has its own packages and is checked by its own `npm run check`.
      'services/console/static/',
      'services/console/page/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    plugins: { fairlead },
    rules: {
      'fairlead/explained-exceptions': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'start' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-self-compare': 'error',
      'no-unreachable-loop': 'error',
      'no-template-curly-in-string': 'error',
      'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // An empty or immediately answering method of an interface that waits elsewhere is no mistake.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['{libs,services}/**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { depConstraints: arrows }],
      'fairlead/no-interpolated-sql': 'error',
      'no-console': 'error',
      'no-restricted-globals': ['error', { name: 'fetch', message: leavesThroughOneDoor }],
      ...barred(kafka, postgres, http, nodeHttp),
    },
  },
  { files: ['libs/persistence/src/**/*.ts'], rules: barred(kafka, http, nodeHttp) },
  { files: ['libs/messaging/src/**/*.ts'], rules: barred(http, nodeHttp) },
  { files: ['libs/platform/src/outgoing/**/*.ts'], rules: barred(kafka, postgres) },
  {
    files: ['services/cli/**/*.ts'],
    rules: {
      // The embedded servers are plain files, used by the set-up before anything is installed; and so are tools of tests.
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: ['/infra/local/[a-z-]+\\.mjs$', '/tools/python-environment\\.mjs$'], depConstraints: arrows },
      ],
      'no-console': 'off',
      'no-restricted-globals': 'off',
      ...barred(kafka, postgres),
    },
  },
  {
    // What is simulated, and how it is shown, is the same on every machine: of the seed, and of nothing else.
    files: ['services/cli/src/{simulate,report-page}/**/*.ts'],
    ignores: ['services/cli/src/simulate/simulate.command.ts'],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': ['error', ...impureProperties],
    },
  },
  // A benchmark measures the product beside the bare clients.
  { files: ['services/cli/src/bench/**/*.ts'], rules: barred() },
  {
    files: ['libs/decisions/src/**/*.ts'],
    rules: {
      ...pure,
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': ['error', ...impureProperties],
    },
  },
  {
    files: ['libs/transparency-log/src/**/*.ts'],
    ignores: ['libs/transparency-log/src/{folder,s3}-storage.ts'],
    rules: {
      ...barred({ ...impure, message: besidesHashing.message }, besidesHashing),
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': ['error', ...impureProperties],
    },
  },
  // The log's own bucket is the operator's choice, unlike the addresses that partners give.
  { files: ['libs/transparency-log/src/s3-storage.ts'], rules: barred(kafka, postgres) },
  {
    // It runs at partners', on whatever speaks fetch, and what it installs there is nothing but itself.
    files: ['libs/partner-kit/src/**/*.ts'],
    ignores: ['libs/partner-kit/src/node.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: '^[^.]', message: standsAlone }] }],
      'no-restricted-syntax': ['error', { selector: 'ImportExpression', message: standsAlone }],
      'no-restricted-globals': [
        'error',
        ...['process', 'Buffer', 'require', 'global', 'setImmediate'].map((name) => ({ name, message: standsAlone })),
      ],
    },
  },
  {
    // Tests look at the servers from outside, make databases, read fixtures, and hold values that Jest types as any.
    files: tests,
    rules: {
      ...barred(),
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'fairlead/no-interpolated-sql': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { sourceType: 'module' },
    rules: {
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
);
