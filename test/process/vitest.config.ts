import { defineConfig } from 'vitest/config'

// These tests start the built gateway as a process, two files at a time; `npm run test:process`
// builds it first.
export default defineConfig({
  test: {
    include: ['test/process/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
})
