// The one file that knows the NATS client: the few things of it that the live ports need, so that a change of client is a change
// of this file. JetStream is spoken as requests on its API subjects (store.ts), not through the client's own layer.
// Core NATS protocol: https://docs.nats.io/reference/reference-protocols/nats-protocol

import {
  connect,
  headers as createHeaders,
  createInbox,
  Events,
  type Msg,
  type NatsConnection,
  type PublishOptions,
} from 'nats';
import { copyBytes } from '../../bytes.ts';
import { runtimeErrors } from '../../errors.ts';
import type { Subscription } from '../../ports/transport.ts';

export interface NatsMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Where an answer is expected. */
  readonly reply: string | undefined;
  /** The number in a status header: 100 control, 404 not found, 503 nobody listens. */
  readonly status: number | undefined;
  readonly description: string;
  header(name: string): string;
}

export interface NatsRequest {
  readonly answer: Promise<NatsMessage>;
  /** Stops waiting: the answer is rejected with this. Harmless when it has come. */
  abandon(error: Error): void;
}

export interface NatsClientOptions {
  /** One or more, as in `nats://127.0.0.1:4222`. */
  readonly servers: string | readonly string[];
  /** Shown in the server's monitoring. */
  readonly name: string;
  /** How long to try at first. Afterwards it reconnects for ever. Default 10 s. */
  readonly connectDeadlineMs?: number;
}

export type NatsStatus = 'disconnected' | 'reconnected';
type Headers = Readonly<Record<string, string>>;

/** Chosen: a server that says nothing for twice this long is gone. */
const PING_INTERVAL_MS = 5_000;
const RECONNECT_WAIT_MS = 250;
const DEFAULT_CONNECT_DEADLINE_MS = 10_000;
const CLOSE_DEADLINE_MS = 1_000;

export class NatsClient {
  readonly #connection: NatsConnection;
  readonly #inbox = createInbox();
  readonly #waiting = new Map<string, PromiseWithResolvers<NatsMessage>>();
  readonly #onStatus = new Set<(status: NatsStatus) => void>();
  #requests = 0;
  #isConnected = true;
  #closing: Promise<void> | undefined;

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.subscribe(`${this.#inbox}.*`, (message) => this.#waiting.get(message.subject)?.resolve(message));
    void this.#followStatus();
    void connection.closed().then(() => this.#abandonAll());
  }

  static async connect(options: NatsClientOptions): Promise<NatsClient> {
    const servers = typeof options.servers === 'string' ? [options.servers] : [...options.servers];
    const untilMs = performance.now() + (options.connectDeadlineMs ?? DEFAULT_CONNECT_DEADLINE_MS);
    for (;;) {
      const leftMs = Math.max(untilMs - performance.now(), 1);
      try {
        const connection = await connect({
          servers,
          name: options.name,
          timeout: leftMs,
          maxReconnectAttempts: -1,
          reconnectTimeWait: RECONNECT_WAIT_MS,
          pingInterval: PING_INTERVAL_MS,
          ignoreClusterUpdates: true,
        });
        return new NatsClient(connection);
      } catch (error) {
        if (performance.now() + RECONNECT_WAIT_MS < untilMs) {
          await new Promise((resolve) => setTimeout(resolve, RECONNECT_WAIT_MS));
          continue;
        }
        const reason = error instanceof Error ? error.message : String(error);
        const parameters = { what: 'the NATS server', address: servers.join(', '), reason };
        throw runtimeErrors.create('RUNTIME_UNREACHABLE', parameters, error);
      }
    }
  }

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    this.#checkOpen();
    this.#send(subject, payload, reply === undefined ? {} : { reply });
  }

  subscribe(pattern: string, handler: (message: NatsMessage) => void): Subscription {
    this.#checkOpen();
    const subscription = this.#connection.subscribe(pattern, {
      callback: (error, message) => {
        // An error here is the server's refusal of the subscription, and has no message.
        if (error === null) guarded(() => handler(received(message)));
      },
    });
    return {
      unsubscribe: () => {
        if (!subscription.isClosed()) subscription.unsubscribe();
      },
    };
  }

  /** One question, the first answer, without a deadline. */
  request(subject: string, payload: Uint8Array, headers: Headers = {}): NatsRequest {
    this.#checkOpen();
    const reply = `${this.#inbox}.${this.#requests++}`;
    const waiting = Promise.withResolvers<NatsMessage>();
    this.#waiting.set(reply, waiting);
    const forget = (): void => {
      this.#waiting.delete(reply);
    };
    waiting.promise.then(forget, forget);
    const names = Object.entries(headers);
    const sent = createHeaders();
    for (const [name, value] of names) sent.set(name, value);
    this.#send(subject, payload, names.length === 0 ? { reply } : { reply, headers: sent });
    return { answer: waiting.promise, abandon: (error) => waiting.reject(error) };
  }

  /** A subject for answers that only this client has. */
  inbox(): string {
    return createInbox();
  }

  /** Resolves when the server has seen all before; waits for a reconnect, but not longer than this. */
  async flush(deadlineMs: number): Promise<void> {
    this.#checkOpen();
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      patience.reject(runtimeErrors.create('RUNTIME_TIMEOUT', { what: 'flushing to NATS', durationMs: deadlineMs }));
    }, deadlineMs);
    try {
      await Promise.race([this.#flushUntilDone(), patience.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  onStatus(handler: (status: NatsStatus) => void): { stop(): void } {
    this.#onStatus.add(handler);
    return { stop: () => this.#onStatus.delete(handler) };
  }

  get closed(): boolean {
    return this.#closing !== undefined || this.#connection.isClosed();
  }

  /** Sends what is buffered if that is possible, and closes. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, CLOSE_DEADLINE_MS);
    const ignored = (): undefined => undefined;
    // Without a connection there is nobody to send to, and closing must not wait for one.
    await Promise.race([this.#connection.flush().catch(ignored), patience.promise]);
    clearTimeout(timer);
    this.#abandonAll();
    await this.#connection.close();
  }

  /** What is sent while the server is away is lost, as the promise allows; kept, it would grow without bound. */
  #send(subject: string, payload: Uint8Array, options: PublishOptions): void {
    if (this.#isConnected) this.#connection.publish(subject, payload, options);
  }

  async #flushUntilDone(): Promise<void> {
    while (!this.closed) {
      try {
        return await this.#connection.flush();
      } catch (error) {
        // A disconnect rejects what is in flight; the next round waits for the reconnect.
        if (this.closed) throw closedError(error);
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_WAIT_MS));
      }
    }
  }

  async #followStatus(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      const status =
        type === Events.Disconnect ? 'disconnected' : type === Events.Reconnect ? 'reconnected' : undefined;
      if (status !== undefined) this.#isConnected = status === 'reconnected';
      if (status !== undefined) for (const handler of [...this.#onStatus]) handler(status);
    }
  }

  #abandonAll(): void {
    for (const { reject } of this.#waiting.values()) reject(closedError());
  }

  #checkOpen(): void {
    if (this.closed) throw closedError();
  }
}

export function closedError(cause?: unknown): Error {
  return runtimeErrors.create('RUNTIME_CLOSED', { what: 'the connection to NATS', reason: 'closed here' }, cause);
}

function received(message: Msg): NatsMessage {
  const { headers, reply } = message;
  return {
    subject: message.subject,
    // The client's buffer is used again.
    payload: copyBytes(message.data),
    reply: reply === undefined || reply === '' ? undefined : reply,
    status: headers === undefined || headers.code === 0 ? undefined : headers.code,
    description: headers?.description ?? '',
    header: (name) => headers?.get(name) ?? '',
  };
}

/** A handler that throws is a bug of the service and ends it; it must not end up in the client's parser. */
function guarded(act: () => void): void {
  try {
    act();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
