import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Two copies of graphql in one process refuse each other's schemas; vite would load both of its builds.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    globalSetup: 'test/global-setup.ts',
    include: ['test/**/*.test.ts'],
    exclude: ['test/process/**'],
    pool: 'forks',
    // One database for each worker process, shared by its test files, each test in a tenant of its own.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
