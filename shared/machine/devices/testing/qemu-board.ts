// QEMU's virt board as an oracle for ours, register by register: its test protocol (docs/devel/testing/qtest) reads and writes
// physical addresses while the processor stands still. Started with modern virtio, a block device in slot 0 and a console in slot 1.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

export const QEMU = 'qemu-system-riscv64';
const SUFFIX: Record<number, string> = { 1: 'b', 2: 'w', 4: 'l', 8: 'q' };

export interface QemuBoardOptions {
  /** Raw image of the block device. */
  readonly mediumPath: string;
  /** Where the UART's and the virtio console's output goes. */
  readonly uartPath: string;
  readonly consolePath: string;
}

export class QemuBoard implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];

  constructor(options: QemuBoardOptions) {
    this.#process = spawn(QEMU, [
      ...['-M', 'virt', '-m', '32M', '-S', '-bios', 'none', '-display', 'none', '-monitor', 'none'],
      ...['-qtest', 'stdio', '-qtest-log', '/dev/null', '-global', 'virtio-mmio.force-legacy=false'],
      ...['-drive', `if=none,id=medium,format=raw,file=${options.mediumPath}`],
      ...['-device', 'virtio-blk-device,drive=medium,bus=virtio-mmio-bus.0,serial=lightsout'],
      ...['-chardev', `file,id=console,path=${options.consolePath}`],
      ...['-device', 'virtio-serial-device,bus=virtio-mmio-bus.1,max_ports=1'],
      ...['-device', 'virtconsole,chardev=console', '-serial', `file:${options.uartPath}`],
    ]);
    this.#lines = createInterface({ input: this.#process.stdout });
    this.#lines.on('line', (line) => {
      if (line.startsWith('OK') || line.startsWith('ERR') || line.startsWith('FAIL')) this.#answer(line);
    });
    this.#process.on('exit', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('QEMU has ended'));
    });
  }

  async read(address: number, size = 4): Promise<number> {
    const line = await this.#command(`read${SUFFIX[size]} 0x${address.toString(16)}`);
    return Number(BigInt.asUintN(size * 8, BigInt(line.split(' ')[1]!)));
  }

  async write(address: number, value: number, size = 4): Promise<void> {
    await this.#command(`write${SUFFIX[size]} 0x${address.toString(16)} 0x${(value >>> 0).toString(16)}`);
  }

  async readBytes(address: number, length: number): Promise<Buffer> {
    const line = await this.#command(`read 0x${address.toString(16)} ${length}`);
    return Buffer.from(line.split(' ')[1]!.slice(2), 'hex');
  }

  async writeBytes(address: number, bytes: Uint8Array): Promise<void> {
    await this.#command(`write 0x${address.toString(16)} ${bytes.length} 0x${Buffer.from(bytes).toString('hex')}`);
  }

  /** Ends QEMU, and resolves when it has gone and its files are written. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    await gone;
  }

  #command(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${line}\n`);
    });
  }

  #answer(line: string): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    if (line.startsWith('OK')) waiting.resolve(line);
    else waiting.reject(new Error(`QEMU: ${line}`));
  }
}
