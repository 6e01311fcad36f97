// Lint rules for the whole workspace: strict types, no floating promises, exhaustive switches, and cores that stay pure.
import { globSync } from 'node:fs';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const noAssertion = ['error', { selector: 'TSNonNullExpression', message: 'Prove it or parse it; no `!`.' }];

// A decider's neighbour `<aggregate>.ts` holds its unions and belongs to the core as well.
const aggregates = globSync('services/*/src/**/*.decider.ts', { cwd: import.meta.dirname }).map((file) =>
  file.replace('.decider.ts', '.ts'),
);

export default tseslint.config(
  {
    ignores: ['**/node_modules/**', '.local/**', 'packages/contracts/generated/**', 'packages/gate-verifier/built/**'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': noAssertion,
      'no-undef': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // `consistent-type-definitions` prefers interfaces; the project writes `type` throughout so that unions and records read alike.
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: false }],
      // Recurses without end on the types of mongoose (typescript-eslint 8.73).
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // `async` without `await` is how a synchronous answer meets an asynchronous port.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // Core files decide; they may not reach for a clock, chance or another task. What they import is .dependency-cruiser.cjs's.
    files: ['**/*.decider.ts', '**/*.policy.ts', '**/*.messages.ts', 'packages/kernel/src/**/*.ts', ...aggregates],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        ...noAssertion,
        { selector: 'AwaitExpression', message: 'A core file does not await.' },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Time arrives inside the command.',
        },
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'Time arrives inside the command.',
        },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: 'Chance arrives inside the command.',
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.cjs'], languageOptions: { globals: { __dirname: 'readonly' } } },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly' } },
  },
);
