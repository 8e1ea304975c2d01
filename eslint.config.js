/** Lint rules: typescript-eslint's strict, type-checked rules, with exceptions for decorated classes and async ports. */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Core rules beyond the recommended ones. */
const core = {
  curly: ['error', 'multi-line'],
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-constructor-return': 'error',
  'no-else-return': 'error',
  'no-param-reassign': 'error',
  'no-promise-executor-return': 'error',
  'no-self-compare': 'error',
  'no-template-curly-in-string': 'error',
  'no-unreachable-loop': 'error',
  'no-useless-rename': 'error',
  'no-var': 'error',
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
  'object-shorthand': 'error',
  'prefer-const': 'error',
};

export default tseslint.config(
  { ignores: ['dist/', 'dist-*/', 'coverage/', 'data/', '.tmp/', '**/.tmp/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  { rules: core },
  { files: ['**/*.{js,mjs,cjs}'], languageOptions: { globals: { console: 'readonly', process: 'readonly', module: 'writable' } } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      // `this: void` marks methods that may be called without their object.
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Nest requires classes for modules; their content is in decorators.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      // Functions of ports are async, whether or not an adapter awaits anything.
      '@typescript-eslint/require-await': 'off',
      // The compiler assumes that `signal.aborted` does not change during an await, so the rule reports necessary checks.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // The rule misreports generic instances, and options that are structural types of classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Documents are plain JSON objects, some keyed by data.
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    files: ['**/{util,utils,helper,helpers,common,manager,misc}{,.*}.{ts,js,mjs}', '**/{util,utils,helper,helpers,common,manager,misc}/**'],
    rules: {
      'no-restricted-syntax': ['error', { selector: 'Program', message: 'Name the file after its subject.' }],
    },
  },
  {
    files: ['src/**/*.ts', 'contracts/**/*.ts', 'projections/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }], 'no-console': 'error' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // HTTP responses and Jest's asymmetric matchers have type any; a wrong shape fails the test.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
