// The doctor on a checkout with nothing set up, and on one where all is there.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleCheckout } from './testing/sample-checkout.ts';

type Finding = { name: string; present: boolean; required: boolean; found: string; command?: string };

let checkout: SampleCheckout;
beforeEach(() => {
  checkout = new SampleCheckout();
  checkout.write(
    'guests/toolchain.json',
    JSON.stringify({ gcc: { package: 'gcc-riscv64-unknown-elf', version: '12.2.0-1' } }),
  );
  checkout.program(
    'npm',
    'case "$1" in --version) echo 10.9.0;; *) mkdir -p node_modules/yaml; echo "{}" > node_modules/yaml/package.json;; esac',
  );
});
afterEach(() => {
  checkout.remove();
});

async function diagnose(): Promise<{ code: number | null; healthy: boolean; findings: Map<string, Finding> }> {
  const ended = await checkout.run('tools/doctor.mjs', '--json');
  const { healthy, findings } = JSON.parse(ended.stdout) as { healthy: boolean; findings: Finding[] };
  return { code: ended.code, healthy, findings: new Map(findings.map((finding) => [finding.name, finding])) };
}

describe('the doctor', () => {
  it('before set-up exits with 1 and names the command for what is required', async () => {
    const { code, healthy, findings } = await diagnose();
    expect({ code, healthy }).toEqual({ code: 1, healthy: false });
    for (const name of ['npm packages', 'nats-server']) {
      expect(findings.get(name)).toMatchObject({ present: false, required: true, command: 'npm run setup' });
    }
  });

  it('after set-up exits with 0, whatever optional things are absent', async () => {
    await checkout.run('tools/run.mjs', 'setup');
    const { code, healthy, findings } = await diagnose();
    expect({ code, healthy }).toEqual({ code: 0, healthy: true });
    expect(findings.get('nats-server')).toMatchObject({ present: true, found: '2.9.10, unpacked by set-up' });
    expect(findings.get('qemu')).toMatchObject({ present: false, required: false });
    expect(findings.get('qemu')?.command).toMatch(/apt-get install qemu-system-misc$/);
  });

  it('takes a compiler of another version than the pinned one for absent', async () => {
    checkout.program('riscv64-unknown-elf-gcc', 'echo "riscv64-unknown-elf-gcc (13.1.0-2) 13.1.0"');
    expect((await diagnose()).findings.get('riscv gcc')).toMatchObject({
      present: false,
      found: '13.1.0-2; the guests need 12.2.0-1',
    });
    checkout.program('riscv64-unknown-elf-gcc', 'echo "riscv64-unknown-elf-gcc (12.2.0-1) 12.2.0"');
    expect((await diagnose()).findings.get('riscv gcc')).toMatchObject({ present: true });
  });

  it('aligns its table', async () => {
    const { stdout } = await checkout.run('tools/doctor.mjs');
    const lines = stdout.split('\n');
    const column = lines[0]?.indexOf('needed for') ?? -1;
    expect(column).toBeGreaterThan(0);
    const rows = lines.slice(1, lines.indexOf(''));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row.slice(column - 2, column + 1)).toMatch(/^ {2}\S$/);
  });
});
