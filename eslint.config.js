/** Lint: typescript-eslint's strict, type-checked rules, fitted to a code base of decorated classes, async ports and pure functions. */
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
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Modules and commands are classes because Nest and GraphQL want one; what they carry is in their decorators.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      // A port's functions are async whatever an adapter does inside.
      '@typescript-eslint/require-await': 'off',
      // The compiler takes `signal.aborted` for what it was before an await, so checks that matter would be called unnecessary.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Generic instances and options that are structural types of classes are taken for foreign objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Documents are plain JSON objects, also where they are keyed by data.
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    files: ['**/{util,utils,helper,helpers,common,manager,misc}{,.*}.{ts,js,mjs}', '**/{util,utils,helper,helpers,common,manager,misc}/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'Program', message: 'Name the file by the idea that is in it, in the words of the field.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'contracts/**/*.ts', 'projections/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }], 'no-console': 'error' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Answers over HTTP and Jest's asymmetric matchers are typed any; a wrong shape fails the test itself.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
