// The guest `devices` exercises every device of the board with interrupts. Its consoles must say the same on QEMU and on our machine,
// whatever the sizes of our slices are, and however late the host reads.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { guestImageUrl } from '../guests/mod.ts';
import { Core, compileInterpreter, type GuestPages, Machine, PAGE_BYTES } from '../shared/machine/mod.ts';

const QEMU = 'qemu-system-riscv64';
const RAM_BYTES = 16 * 1024 * 1024;
const DISK_BYTES = 1024 * 1024;
const WASM_PAGE_BYTES = 65536;
const RATE = 100_000_000;
const INSTRUCTIONS_MAX = 50_000_000;

/** What the host types, on which console, once the UART has said this. */
const TYPED = [
  { after: 'console listens', on: 'virtio', text: 'hello from outside\n' },
  { after: 'type a line', on: 'uart', text: 'typed at the UART\r' },
] as const;

interface Outcome {
  readonly uart: string;
  readonly virtio: string;
  readonly exitCode: number;
  readonly disk: Buffer;
}

/** Answers each of TYPED once, in the moment when the UART's output asks for it. */
function typist(type: (on: 'uart' | 'virtio', text: string) => void): (uart: string) => void {
  const left = [...TYPED];
  return (uart) => {
    const next = left[0];
    if (next === undefined || !uart.includes(next.after)) return;
    left.shift();
    type(next.on, next.text);
  };
}

interface RunOptions {
  readonly sliceInstructions: number;
  /** The host types at most so many bytes between two slices. */
  readonly bytesAtATime?: number;
  /** Between slices the machine is saved, and goes on as one loaded from that in another block. */
  readonly isMoved?: boolean;
}

function runOurs({ sliceInstructions, bytesAtATime = Infinity, isMoved = false }: RunOptions): Outcome {
  const bytes = 2 * Machine.blockBytes() + RAM_BYTES + DISK_BYTES;
  const wasmPages = Math.ceil(bytes / WASM_PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true });
  const frame = (page: number): number => 2 * Machine.blockBytes() + page * PAGE_BYTES;
  const pages: GuestPages = {
    ramPageCount: RAM_BYTES / PAGE_BYTES,
    diskPageCount: DISK_BYTES / PAGE_BYTES,
    readFrame: frame,
    writeFrame: frame,
  };
  const core = new Core(compileInterpreter(), memory);
  const config = { ramBytes: RAM_BYTES, diskBytes: DISK_BYTES, bootArguments: '' };
  let base = 0;
  let machine = Machine.create(core, base, pages, config);
  const move = (): void => {
    const saved = machine.save();
    base = base === 0 ? Machine.blockBytes() : 0;
    machine = Machine.create(core, base, pages, config);
    machine.load(saved);
    expect(Buffer.from(machine.save()).equals(saved)).toBe(true);
  };
  machine.loadElf(readFileSync(guestImageUrl('devices')));
  const output = { uart: '', virtio: '' };
  const waiting = { uart: '', virtio: '' };
  const type = typist((on, text) => {
    waiting[on] += text;
  });
  const consoles = [
    ['uart', 0],
    ['virtio', 1],
  ] as const;
  const exchange = (): void => {
    for (const [name, port] of consoles) output[name] += Buffer.from(machine.readConsole(port)).toString('latin1');
    type(output.uart);
    for (const [name, port] of consoles) {
      const text = Buffer.from(waiting[name].slice(0, bytesAtATime), 'latin1');
      waiting[name] = waiting[name].slice(machine.writeConsole(text, port));
    }
  };
  let tick = 0;
  while (machine.exitReason === undefined) {
    expect(Number(machine.instructionsExecuted), output.uart).toBeLessThan(INSTRUCTIONS_MAX);
    machine.beginSlice(tick, RATE);
    machine.run(sliceInstructions);
    exchange();
    const { executed } = machine;
    if (isMoved) move();
    tick += Math.ceil(executed / 10);
    if (machine.exitReason !== undefined || machine.isRunnable(tick)) continue;
    const wake = machine.nextWakeTick();
    expect(wake, `the guest waits for ever after: ${output.uart}`).toBeLessThan(Infinity);
    tick = Math.max(tick, wake);
  }
  exchange();
  const disk = Buffer.from(new Uint8Array(memory.buffer, frame(pages.ramPageCount), DISK_BYTES));
  return { ...output, exitCode: machine.exitCode, disk };
}

async function runQemu(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'lightsout-exercise-'));
  const [disk, socket] = [join(folder, 'disk'), join(folder, 'console')];
  writeFileSync(disk, new Uint8Array(DISK_BYTES));
  const qemu = spawn(QEMU, [
    ...['-M', 'virt', '-smp', '1', '-m', `${RAM_BYTES / 2 ** 20}M`, '-bios', 'none', '-display', 'none'],
    ...['-monitor', 'none', '-serial', 'stdio', '-kernel', fileURLToPath(guestImageUrl('devices'))],
    ...['-global', 'virtio-mmio.force-legacy=false', '-drive', `if=none,id=disk,format=raw,file=${disk}`],
    ...['-device', 'virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0,serial=lightsout'],
    ...['-chardev', `socket,id=console,path=${socket},server=on,wait=on`],
    ...['-device', 'virtio-serial-device,bus=virtio-mmio-bus.1,max_ports=1', '-device', 'virtconsole,chardev=console'],
  ]);
  try {
    return { ...(await talk(qemu, socket)), disk: readFileSync(disk) };
  } finally {
    qemu.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

async function talk(qemu: ChildProcess, socket: string): Promise<Omit<Outcome, 'disk'>> {
  const output = { uart: '', virtio: '' };
  let errors = '';
  qemu.stderr!.on('data', (text: Buffer) => {
    errors += text.toString();
    // It waits for its console's other end, and says so.
    if (errors.includes('waiting for connection')) listening();
  });
  let listening: () => void = () => undefined;
  await new Promise<void>((resolve, reject) => {
    listening = resolve;
    qemu.once('exit', () => reject(new Error(`QEMU ended: ${errors}`)));
  });
  const console = connect(socket);
  console.setEncoding('latin1').on('data', (text: string) => {
    output.virtio += text;
  });
  const type = typist((on, text) => {
    if (on === 'virtio') console.write(text, 'latin1');
    else qemu.stdin!.write(text, 'latin1');
  });
  qemu.stdout!.setEncoding('latin1').on('data', (text: string) => {
    output.uart += text;
    type(output.uart);
  });
  const consoleClosed = once(console, 'close');
  const [exitCode] = (await once(qemu, 'close')) as [number];
  await consoleClosed;
  return { ...output, exitCode };
}

function qemuIsInstalled(): boolean {
  return spawn(QEMU, ['--version'], { stdio: 'ignore' }).pid !== undefined;
}

let ours: Outcome;
beforeAll(() => {
  ours = runOurs({ sliceInstructions: 100_000 });
});

describe('the guest that exercises the devices', () => {
  it('says what every device did, and switches the machine off with its code', () => {
    expect(ours.exitCode).toBe(42);
    expect(ours.uart).toContain('block rounds: wrong 0');
    expect(ours.uart).toContain('heard: typed at the UART');
    expect(ours.virtio.slice(10_000)).toBe('HELLO FROM OUTSIDE\n');
  });

  it.each([997, 5_000, 1_000_000])('says the same in slices of %d instructions', (slice) => {
    expect(runOurs({ sliceInstructions: slice })).toEqual(ours);
  });

  it('says the same when it is typed at byte by byte', () => {
    expect(runOurs({ sliceInstructions: 5_000, bytesAtATime: 1 })).toEqual(ours);
  });

  it('says the same when it is saved and loaded elsewhere between slices', () => {
    expect(runOurs({ sliceInstructions: 10_007, isMoved: true })).toEqual(ours);
  });

  const installed = qemuIsInstalled();
  if (!installed && process.env['CI'] !== 'true')
    console.warn(`skipped: devices against QEMU: ${QEMU} is not installed`);
  it.skipIf(!installed && process.env['CI'] !== 'true')('says the same on QEMU', async () => {
    const theirs = await runQemu();
    expect(ours.uart).toBe(theirs.uart);
    expect(ours.virtio).toBe(theirs.virtio);
    expect(ours.exitCode).toBe(theirs.exitCode);
    expect(ours.disk.equals(theirs.disk)).toBe(true);
  });
});
