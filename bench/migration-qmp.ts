// A connection to QEMU's machine protocol (QMP): commands with their answers, and events with the time at which they happened, which QEMU takes from the
// wall clock in microseconds. Two processes of one machine can so be compared.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { BenchFailed } from './migration-case.ts';

interface QmpEvent {
  readonly event: string;
  readonly timestamp: { readonly seconds: number; readonly microseconds: number };
}

interface QmpMessage extends Partial<QmpEvent> {
  readonly QMP?: unknown;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

/** Chosen: QEMU opens its socket within milliseconds. */
const CONNECT_ATTEMPTS = 500;
const CONNECT_EVERY_MS = 10;

export class QmpConnection {
  readonly #socket: Socket;
  readonly #answers: ((message: QmpMessage) => void)[] = [];
  readonly #events: QmpEvent[] = [];
  readonly #watching = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => this.#take(JSON.parse(line) as QmpMessage));
    // The process ends when it is told to, and its socket with it.
    socket.on('error', () => undefined);
  }

  /** QEMU makes the socket after it has started. */
  static async open(path: string): Promise<QmpConnection> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const socket = connect(path);
        await once(socket, 'connect');
        const connection = new QmpConnection(socket);
        await connection.command('qmp_capabilities');
        return connection;
      } catch (error) {
        if (attempt === CONNECT_ATTEMPTS) throw new BenchFailed(`QEMU does not answer: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, CONNECT_EVERY_MS));
      }
    }
  }

  async command<T>(execute: string, parameters?: object): Promise<T> {
    const answered = new Promise<QmpMessage>((resolve) => this.#answers.push(resolve));
    this.#socket.write(`${JSON.stringify({ execute, ...(parameters && { arguments: parameters }) })}\n`);
    const { error, return: value } = await answered;
    if (error !== undefined) throw new BenchFailed(`QEMU refuses ${execute}: ${error.desc}`);
    return value as T;
  }

  /** When an event happened for the first time, in milliseconds of the wall clock; undefined when it did not by now. */
  timeOf(event: string): number | undefined {
    const timestamp = this.#events.find((each) => each.event === event)?.timestamp;
    return timestamp === undefined ? undefined : timestamp.seconds * 1000 + timestamp.microseconds / 1000;
  }

  async happened(event: string, limitMs: number): Promise<number> {
    const already = this.timeOf(event);
    if (already !== undefined) return already;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#watching.delete(look);
        reject(new BenchFailed(`QEMU gives no ${event} in ${limitMs} ms`));
      }, limitMs);
      const look = (): void => {
        const time = this.timeOf(event);
        if (time === undefined) return;
        clearTimeout(deadline);
        this.#watching.delete(look);
        resolve(time);
      };
      this.#watching.add(look);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(message: QmpMessage): void {
    if (message.event !== undefined) {
      this.#events.push(message as QmpEvent);
      for (const look of [...this.#watching]) look();
    } else if (message.QMP === undefined) this.#answers.shift()?.(message);
  }
}
