// A tool that a test needs and a machine may lack: tests skip with one visible line, but where CI=true they fail, so that
// nothing stays untested unseen.

import { describe, it } from 'vitest';

export function describeWithTool(title: string, tool: string, installed: boolean, tests: () => void): void {
  if (installed) {
    describe(title, tests);
    return;
  }
  if (process.env.CI === 'true') {
    it(`${title}: needs ${tool}`, () => {
      throw new Error(`${tool} is not installed, and CI must not skip it`);
    });
    return;
  }
  console.warn(`skipped: ${title}: ${tool} is not installed`);
  describe.skip(`${title} (needs ${tool})`, tests);
}
