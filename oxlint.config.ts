import { defineConfig } from 'oxlint';

import { fences } from './scripts/fences.ts';

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'import', 'oxc', 'node', 'promise', 'vitest'],
  options: { typeAware: true },
  categories: { correctness: 'error' },
  ignorePatterns: ['src/gen/**', 'dist/**', 'coverage/**', 'node_modules/**', 'test/planted/**'],
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'max-lines': ['error', { max: 250 }],
    'max-params': ['error', { max: 4 }],
    'max-depth': ['error', { max: 3 }],
    complexity: ['error', { max: 12 }],
    'no-console': 'error',
    'no-eval': 'error',
    'node/no-process-env': 'error',
    'oxc/no-barrel-file': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'vitest/no-conditional-expect': 'error',
    'vitest/no-focused-tests': 'error',
    'vitest/no-disabled-tests': 'error',
    'vitest/require-mock-type-parameters': 'off',
    // Many tests get what they begin with from an `it` of test/fakes, which the rules for vitest do not know for one.
    'vitest/no-standalone-expect': ['error', { additionalTestBlockFunctions: ['it', 'it.for'] }],
    'no-restricted-properties': [
      'error',
      { object: 'it', property: 'only', message: 'The other tests have to run too.' },
      { object: 'it', property: 'skip', message: 'A test that does not run proves nothing.' },
    ],
    // Parameters of a manifest arrive under string keys; their names are checked by the parsers.
    'typescript/no-base-to-string': 'error',
  },
  overrides: [
    ...fences(),
    {
      files: ['src/config/**', 'src/main.ts', 'test/**', 'bench/**', 'scripts/**'],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['test/**', 'bench/**', 'scripts/**', '*.config.ts', '**/*.test.ts'],
      rules: { 'no-console': 'off', complexity: 'off', 'import/no-default-export': 'off' },
    },
  ],
});
