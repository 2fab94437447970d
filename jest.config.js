/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/support/sharedRealm.js',
  // Nothing else is looked through: the Python environments hold a hundred thousand files.
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  testSequencer: '<rootDir>/test/support/longestFirst.js',
  setupFiles: ['<rootDir>/test/support/ownHome.js'],
  // A guard only: tests wait for events, and other work on the machine may make them wait for long.
  testTimeout: 240_000,
};
