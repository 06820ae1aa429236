// Tests stand beside the code; what crosses folders is in test/. Long-running checks end in `.long.test.ts` and run
// only under `npm run test:long`, which sets LIGHTSOUT_LONG.
import { defineConfig } from 'vitest/config';

const long = process.env['LIGHTSOUT_LONG'] === '1';

export default defineConfig({
  test: {
    include: long ? ['**/*.long.test.ts'] : ['**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(long ? [] : ['**/*.long.test.ts'])],
    pool: 'forks',
    testTimeout: long ? 3_600_000 : 120_000,
    hookTimeout: 60_000,
  },
});
