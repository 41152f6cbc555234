// Only the rules that need types, or that carry a reason of this project; everything else is Biome's.
import tseslint from 'typescript-eslint';

const collaborators = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Time is a collaborator: take a Clock (runtime/clock.ts), so that tests never sleep.',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Time is a collaborator: take a Clock (runtime/clock.ts), so that tests never sleep.',
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Randomness is a collaborator: take a Random (runtime/random.ts).',
  },
  {
    selector: 'CallExpression[callee.name=/^(setTimeout|setInterval)$/]',
    message: 'Timers are a collaborator: take a Clock (runtime/clock.ts), so that tests never sleep.',
  },
];

const noModuleMocks = {
  selector: "MemberExpression[object.name='mock'][property.name='module']",
  message: 'Our own modules are not mocked: use the overrides of createProxy and createRelay.',
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'test/fixtures/violations/', 'web/dist/'] },
  {
    files: [
      'src/**/*.ts',
      'web/**/*.{ts,tsx}',
      'test/**/*.ts',
      'bench/**/*.ts',
      'examples/**/*.ts',
      'scripts/**/*.ts',
    ],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'],
              package: 'node:test',
            },
          ],
        },
      ],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/only-throw-error': 'error',
      'no-restricted-syntax': ['error', noModuleMocks],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/runtime/clock.ts', 'src/runtime/random.ts', 'src/**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', noModuleMocks, ...collaborators] },
  },
);
