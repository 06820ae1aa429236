// Control messages over core NATS. Deadlines are ours, in cluster time, and hold while the connection is down too.

import { copyBytes } from '../../bytes.ts';
import { runtimeErrors } from '../../errors.ts';
import { checkPattern, checkSubject } from '../../names.ts';
import { type Clock, NS_PER_MS } from '../../ports/clock.ts';
import { MAX_PAYLOAD_BYTES, type Message, type Subscription, type Transport } from '../../ports/transport.ts';
import type { NatsClient, NatsMessage } from './client.ts';

/** Chosen: longer than a server takes to restart. */
const FLUSH_DEADLINE_MS = 10_000;
const NO_RESPONDERS = 503;

export class NatsTransport implements Transport {
  readonly #client: NatsClient;
  readonly #clock: Clock;

  constructor(client: NatsClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  publish(subject: string, payload: Uint8Array): void {
    checkSubject(subject);
    checkSize(`the message ${subject}`, payload);
    // The client sends later, and the caller may use the bytes again.
    this.#client.publish(subject, copyBytes(payload));
  }

  subscribe(pattern: string, handler: (message: Message) => void): Subscription {
    checkPattern(pattern);
    let active = true;
    const subscription = this.#client.subscribe(pattern, (message) => {
      if (active) handler(this.#toMessage(message));
    });
    return {
      unsubscribe: () => {
        active = false;
        subscription.unsubscribe();
      },
    };
  }

  async request(subject: string, payload: Uint8Array, timeoutNs: number): Promise<Uint8Array> {
    checkSubject(subject);
    checkSize(`the request ${subject}`, payload);
    const request = this.#client.request(subject, copyBytes(payload));
    const timer = this.#clock.at(this.#clock.now() + timeoutNs, () => {
      const parameters = { what: `the request ${subject}`, durationMs: timeoutNs / NS_PER_MS };
      request.abandon(runtimeErrors.create('RUNTIME_TIMEOUT', parameters));
    });
    try {
      const answer = await request.answer;
      if (answer.status === NO_RESPONDERS) throw runtimeErrors.create('RUNTIME_NO_RESPONDER', { subject });
      return answer.payload;
    } finally {
      timer.cancel();
    }
  }

  flush(): Promise<void> {
    return this.#client.flush(FLUSH_DEADLINE_MS);
  }

  /** Closes the connection, and with it the store that uses it. */
  close(): Promise<void> {
    return this.#client.close();
  }

  #toMessage({ subject, payload, reply }: NatsMessage): Message {
    if (reply === undefined) return { subject, payload };
    const respond = (answer: Uint8Array): void => {
      checkSize(`the answer to ${subject}`, answer);
      // Nobody waits for the answers of a service that is closing.
      if (!this.#client.closed) this.#client.publish(reply, copyBytes(answer));
    };
    return { subject, payload, respond };
  }
}

function checkSize(what: string, payload: Uint8Array): void {
  if (payload.byteLength <= MAX_PAYLOAD_BYTES) return;
  const sizes = { what, sizeBytes: payload.byteLength, limitBytes: MAX_PAYLOAD_BYTES };
  throw runtimeErrors.create('RUNTIME_TOO_LARGE', sizes);
}
