import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { closingReporter } from './support/closing-reporter.js'

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', closingReporter],
    benchmark: { include: ['test/**/*.bench.ts'] },
    // Processes, not threads: tests start worker threads, change the umask and take locks of their own.
    pool: 'forks',
    maxWorkers: 2,
    // Tests that run skopeo, umoci or a container on a busy machine take their time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
