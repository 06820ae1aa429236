// Firmware that knows nothing of us: OpenSBI, as Debian ships it for QEMU, finds its console, timer, interrupts and the switch for power by
// our device tree, protects itself by PMP, and starts a supervisor, which says two letters and switches off. It must see the platform that
// it sees on QEMU.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Core, compileInterpreter, Machine, PAGE_BYTES } from '../shared/machine/mod.ts';

const QEMU = 'qemu-system-riscv64';
/** Part of Debian's qemu-system-data. */
const FIRMWARE = '/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.elf';
const RAM_BYTES = 64 * 1024 * 1024;
const PAYLOAD_ADDRESS = 0x8020_0000;
const INFO_ADDRESS = 0x80f0_0000;
const WASM_PAGE_BYTES = 65536;
const INSTRUCTIONS_MAX = 100_000_000;

/** `li a0,'O'; li a7,1; ecall; li a0,'K'; ecall; li a7,8; ecall; j .` with the legacy calls for putting a character and shutting down. */
const PAYLOAD = new Uint8Array(
  Uint32Array.of(0x04f0_0513, 0x0010_0893, 0x73, 0x04b0_0513, 0x73, 0x0080_0893, 0x73, 0x6f).buffer,
);
/** struct fw_dynamic_info: magic, version, address and mode of what comes next, options, boot hart. */
const INFO = new Uint8Array(BigUint64Array.of(0x4942_534fn, 2n, BigInt(PAYLOAD_ADDRESS), 1n, 0n, 0n).buffer);

function bootOnOurs(): { output: string; reason: string | undefined } {
  const wasmPages = Math.ceil((Machine.blockBytes() + RAM_BYTES) / WASM_PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true });
  const frame = (page: number): number => Machine.blockBytes() + page * PAGE_BYTES;
  const pages = { ramPageCount: RAM_BYTES / PAGE_BYTES, diskPageCount: 0, readFrame: frame, writeFrame: frame };
  const core = new Core(compileInterpreter(), memory);
  const machine = Machine.create(core, 0, pages, { ramBytes: RAM_BYTES, diskBytes: 0, bootArguments: '' });
  machine.loadElf(readFileSync(FIRMWARE));
  machine.writeMemory(PAYLOAD_ADDRESS, PAYLOAD);
  machine.writeMemory(INFO_ADDRESS, INFO);
  // From the ROM into the firmware, which expects the address of its information in a2.
  while (machine.pc < 0x8000_0000n) machine.run(1);
  machine.setX(12, BigInt(INFO_ADDRESS));
  let output = '';
  while (machine.exitReason === undefined) {
    expect(Number(machine.instructionsExecuted), output).toBeLessThan(INSTRUCTIONS_MAX);
    machine.run(1_000_000);
    output += Buffer.from(machine.readConsole()).toString('latin1');
  }
  output += Buffer.from(machine.readConsole()).toString('latin1');
  return { output, reason: machine.exitReason };
}

function bootOnQemu(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lightsout-firmware-'));
  const payload = join(folder, 'payload');
  writeFileSync(payload, PAYLOAD);
  const board = ['-M', 'virt', '-m', `${RAM_BYTES / 2 ** 20}M`, '-bios', FIRMWARE, '-kernel', payload];
  const { stdout } = spawnSync(QEMU, [...board, '-display', 'none', '-monitor', 'none', '-serial', 'stdio'], {
    encoding: 'latin1',
    timeout: 60_000,
  });
  rmSync(folder, { recursive: true });
  return stdout;
}

/** What OpenSBI says of the board; what it says of the processor differs by intent. */
function platformLines(output: string): string[] {
  return output
    .split(/\r?\n/)
    .filter((line) => /^(OpenSBI|Platform|Firmware|Runtime|Domain0 (?!Next Arg1))/.test(line));
}

const isThere = existsSync(FIRMWARE) && spawnSync(QEMU, ['--version']).error === undefined;
if (!isThere && process.env['CI'] !== 'true') console.warn(`skipped: firmware: ${QEMU} or ${FIRMWARE} is missing`);

describe.skipIf(!isThere && process.env['CI'] !== 'true')('OpenSBI', () => {
  it('boots, serves a supervisor, and sees the platform that it sees on QEMU', () => {
    const ours = bootOnOurs();
    expect(ours.reason).toBe('pass');
    expect(ours.output.trimEnd().endsWith('OK')).toBe(true);
    const lines = platformLines(ours.output);
    expect(lines).toContain('Platform Console Device   : uart8250');
    expect(lines).toEqual(platformLines(bootOnQemu()));
  });
});
