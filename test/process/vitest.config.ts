import { defineConfig } from 'vitest/config'

// These tests start the built gateway as a process, one after another; `npm run test:process`
// builds it first.
export default defineConfig({
  test: {
    include: ['test/process/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
})
