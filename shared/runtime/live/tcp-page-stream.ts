// One TCP connection as a stream of frames: a length word, then the bytes. Both ends begin with a greeting, so that a stranger or another
// version is refused, and give a sign of life when they have nothing to send, so that an end that vanished without a word is
// noticed. These deadlines follow the wall clock: they are about the machines, not about the cluster.

import type { Socket } from 'node:net';
import { copyBytes } from '../bytes.ts';
import { runtimeErrors } from '../errors.ts';
import { MAX_FRAME_BYTES, type PageStream } from '../ports/page-network.ts';

export interface StreamDeadlines {
  /** How often a sign of life is given. */
  readonly heartbeatMs: number;
  /** After this long without any byte the far end counts as gone. */
  readonly silenceMs: number;
}

/** "LOP" and the version of this framing. */
const GREETING = Buffer.from([0x4c, 0x4f, 0x50, 1]);
const LENGTH_BYTES = 4;
/** A length that is none. */
const SIGN_OF_LIFE = 0xffff_ffff;
/** Chosen: what is kept for a receiver that has not come; beyond it the sender has to wait. */
const HELD_BYTES = 2 * MAX_FRAME_BYTES;
/** Chosen: what a migration has on the way at most, in frames. */
const SPARES_MAX = 32;

export class TcpPageStream implements PageStream {
  readonly peer: string;
  readonly closed: Promise<string>;
  /** Resolves when the far end has shown that it speaks this protocol. */
  readonly greeted: Promise<void>;
  readonly #socket: Socket;
  readonly #deadlines: StreamDeadlines;
  readonly #closed = Promise.withResolvers<string>();
  readonly #greeted = Promise.withResolvers<void>();
  readonly #life: NodeJS.Timeout;
  #handler: ((frame: Uint8Array) => void) | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  readonly #spares: Uint8Array[] = [];
  #reason: string | undefined;
  #heardMs = performance.now();
  #sentMs = performance.now();
  #isGreeted = false;
  /** The head (greeting or length) or the frame that is coming in. */
  #incoming = Buffer.alloc(GREETING.byteLength);
  #filledBytes = 0;
  #inFrame = false;

  constructor(socket: Socket, peer: string, deadlines: StreamDeadlines) {
    this.peer = peer;
    this.closed = this.#closed.promise;
    this.greeted = this.#greeted.promise;
    this.#socket = socket;
    this.#deadlines = deadlines;
    // Whoever does not wait for the greeting learns of a break from `closed`.
    this.greeted.catch(() => undefined);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#finish('closed by the far end'));
    socket.on('error', (error) => this.#finish(`broken: ${error.message}`));
    socket.on('close', () => this.#finish('broken'));
    socket.write(GREETING);
    this.#life = setInterval(() => this.#watchLife(), deadlines.heartbeatMs / 2);
  }

  async send(frame: Uint8Array): Promise<void> {
    if (frame.byteLength > MAX_FRAME_BYTES) {
      const sizes = { what: 'the frame', sizeBytes: frame.byteLength, limitBytes: MAX_FRAME_BYTES };
      throw runtimeErrors.create('RUNTIME_TOO_LARGE', sizes);
    }
    if (this.#reason !== undefined) throw this.#closedError();
    const head = Buffer.allocUnsafe(LENGTH_BYTES);
    head.writeUInt32BE(frame.byteLength);
    this.#sentMs = performance.now();
    const written = Promise.withResolvers<void>();
    this.#socket.cork();
    this.#socket.write(head);
    // The socket cannot take shared memory, and a host's memory may change under it.
    const bytes = frame.buffer instanceof SharedArrayBuffer ? copyBytes(frame) : frame;
    this.#socket.write(bytes, (error) => {
      if (error) written.reject(this.#closedError(error));
      else written.resolve();
    });
    this.#socket.uncork();
    await written.promise;
  }

  onFrame(handler: (frame: Uint8Array) => void): void {
    queueMicrotask(() => {
      const held = this.#held;
      this.#held = [];
      this.#heldBytes = 0;
      this.#handler = handler;
      for (const frame of held) this.#hand(frame);
      if (this.#reason === undefined) this.#socket.resume();
    });
  }

  recycle(frame: Uint8Array): void {
    if (this.#spares.length < SPARES_MAX) this.#spares.push(frame);
  }

  close(): void {
    if (this.#reason !== undefined) return;
    // What was sent goes out first.
    this.#socket.end();
    this.#finish('closed here');
  }

  #receive(chunk: Buffer): void {
    this.#heardMs = performance.now();
    let offset = 0;
    while (this.#reason === undefined) {
      const count = chunk.copy(this.#incoming, this.#filledBytes, offset);
      offset += count;
      this.#filledBytes += count;
      if (this.#filledBytes < this.#incoming.byteLength) return;
      this.#takeWhole(this.#incoming);
      if (offset === chunk.byteLength && this.#incoming.byteLength > 0) return;
    }
  }

  /** The head or the frame is complete; says what comes next. */
  #takeWhole(whole: Buffer): void {
    if (!this.#isGreeted) {
      if (!whole.equals(GREETING)) {
        this.#break('the far end does not speak this version of the page protocol');
        return;
      }
      this.#isGreeted = true;
      this.#greeted.resolve();
    } else if (this.#inFrame) {
      this.#inFrame = false;
      this.#hand(new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength));
    } else {
      const lengthBytes = whole.readUInt32BE();
      if (lengthBytes !== SIGN_OF_LIFE) {
        if (lengthBytes > MAX_FRAME_BYTES) {
          this.#break(`the far end announces a frame of ${lengthBytes} bytes, more than ${MAX_FRAME_BYTES}`);
          return;
        }
        this.#inFrame = true;
        this.#expect(this.#frameOf(lengthBytes));
        return;
      }
    }
    this.#expect(Buffer.alloc(LENGTH_BYTES));
  }

  /** Memory of its own, which the handler keeps, until it gives it back. */
  #frameOf(lengthBytes: number): Buffer<ArrayBuffer> {
    const spare = this.#spares.pop();
    if (spare?.byteLength !== lengthBytes) return Buffer.allocUnsafeSlow(lengthBytes);
    return Buffer.from(spare.buffer as ArrayBuffer, spare.byteOffset, lengthBytes);
  }

  #expect(incoming: Buffer<ArrayBuffer>): void {
    this.#incoming = incoming;
    this.#filledBytes = 0;
  }

  #hand(frame: Uint8Array): void {
    if (this.#handler !== undefined) {
      try {
        this.#handler(frame);
      } catch (error) {
        // A bug of the service, which must not look like a broken stream.
        process.nextTick(() => {
          throw error;
        });
      }
      return;
    }
    this.#held.push(frame);
    this.#heldBytes += frame.byteLength;
    if (this.#heldBytes >= HELD_BYTES) this.#socket.pause();
  }

  #watchLife(): void {
    const now = performance.now();
    if (!this.#socket.isPaused() && now - this.#heardMs > this.#deadlines.silenceMs) {
      this.#break(`no sign of life from ${this.peer} for ${this.#deadlines.silenceMs / 1000} s`);
      return;
    }
    if (now - this.#sentMs < this.#deadlines.heartbeatMs) return;
    this.#sentMs = now;
    const sign = Buffer.alloc(LENGTH_BYTES);
    sign.writeUInt32BE(SIGN_OF_LIFE);
    this.#socket.write(sign);
  }

  #break(reason: string): void {
    this.#finish(reason);
    this.#socket.destroy();
  }

  #finish(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    clearInterval(this.#life);
    // The far end's rest is of no interest, but must not hold up the close.
    if (reason === 'closed by the far end') this.#socket.end();
    else if (reason === 'closed here') this.#destroyLater();
    this.#socket.resume();
    this.#greeted.reject(this.#closedError());
    this.#closed.resolve(reason);
  }

  /** An end that does not take what is left gets no more time than a silent one. */
  #destroyLater(): void {
    const patience = setTimeout(() => this.#socket.destroy(), this.#deadlines.silenceMs);
    patience.unref();
    this.#socket.once('close', () => clearTimeout(patience));
  }

  #closedError(cause?: unknown): Error {
    const reason = this.#reason ?? 'broken';
    return runtimeErrors.create('RUNTIME_CLOSED', { what: `the page stream to ${this.peer}`, reason }, cause);
  }
}
