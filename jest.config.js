/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/support/sharedRealm.js',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  setupFiles: ['<rootDir>/test/support/ownHome.js'],
  testTimeout: 60_000,
};
