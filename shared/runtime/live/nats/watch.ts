// One watcher of a stream: an ordered consumer (NATS ADR-17). The server pushes the newest message of every subject, then what is new; when
// a message is missing, the heartbeat stays away or the connection was lost, the watcher makes a new consumer behind the last
// message it has taken. So it never misses a key's newest value for good.

import type { Subscription } from '../../ports/transport.ts';
import type { NatsMessage } from './client.ts';
import type { JetStream, StoredMessage } from './jet-stream.ts';

export interface WatchOwner {
  /** The subjects of interest; a server of 2.9 takes one. */
  readonly filter: string;
  /** Makes the stream again when the server has lost it. */
  ensure(): Promise<void>;
  take(message: StoredMessage): void;
}

/** Chosen: how often the server gives a sign of life when nothing changes; two missing ones mean a lost consumer. */
const HEARTBEAT_MS = 2_000;
const RETRY_MS = 500;
const CONTROL = 100;

export class NatsWatch {
  readonly #jetStream: JetStream;
  readonly #stream: string;
  readonly #owner: WatchOwner;
  readonly #status: { stop(): void };
  #subscription: Subscription | undefined;
  #consumer: string | undefined;
  /** Of the stream: the last message taken. */
  #lastSequence = 0;
  /** Of the consumer: counts what it has pushed. */
  #delivered = 0;
  #attempt = 0;
  /** Subjects that the owner believes to have a value. */
  readonly #told = new Set<string>();
  #silence: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(jetStream: JetStream, stream: string, owner: WatchOwner) {
    this.#jetStream = jetStream;
    this.#stream = stream;
    this.#owner = owner;
    this.#status = jetStream.client.onStatus((status) => {
      if (status === 'reconnected') this.#restart();
    });
  }

  /** Rejects when the server does not answer; afterwards the watch mends itself. */
  async begin(): Promise<void> {
    try {
      await this.#consume(++this.#attempt);
    } catch (error) {
      this.end();
      throw error;
    }
  }

  end(): void {
    this.#ended = true;
    this.#status.stop();
    this.#drop();
  }

  #drop(): void {
    clearTimeout(this.#silence);
    this.#subscription?.unsubscribe();
    if (this.#consumer !== undefined) this.#jetStream.dropConsumer(this.#stream, this.#consumer);
    this.#subscription = undefined;
    this.#consumer = undefined;
  }

  /** Begins anew behind the last message taken, until it works. A later restart takes over from an earlier one. */
  #restart(): void {
    const attempt = ++this.#attempt;
    const again = async (): Promise<void> => {
      while (attempt === this.#attempt && !this.#ended && !this.#jetStream.client.closed) {
        try {
          await this.#owner.ensure();
          const state = await this.#jetStream.streamState(this.#stream);
          // A shorter stream is another one: the server has lost what was there.
          if (state !== undefined && state.lastSequence < this.#lastSequence) this.#lastSequence = 0;
          await this.#consume(attempt);
          return;
        } catch {
          // The server is away or starting; the connection tells when it is closed for good.
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    };
    void again();
  }

  async #consume(attempt: number): Promise<void> {
    if (attempt !== this.#attempt || this.#ended) return;
    this.#drop();
    this.#delivered = 0;
    const inbox = this.#jetStream.client.inbox();
    const subscription = this.#jetStream.client.subscribe(inbox, (message) => {
      if (this.#subscription === subscription) this.#receive(message);
    });
    this.#subscription = subscription;
    const start =
      this.#lastSequence === 0
        ? { deliver_policy: 'last_per_subject' }
        : { deliver_policy: 'by_start_sequence', opt_start_seq: this.#lastSequence + 1 };
    const consumer = await this.#jetStream.createConsumer(this.#stream, {
      ...start,
      filter_subject: this.#owner.filter,
      deliver_subject: inbox,
      ack_policy: 'none',
      max_deliver: 1,
      flow_control: true,
      idle_heartbeat: HEARTBEAT_MS * 1e6,
      mem_storage: true,
      num_replicas: 1,
    });
    if (consumer === undefined) throw new Error(`the stream ${this.#stream} is gone`);
    if (attempt !== this.#attempt || this.#ended) {
      this.#jetStream.dropConsumer(this.#stream, consumer);
      return;
    }
    this.#consumer = consumer;
    this.#hear();
  }

  /** Some sign of life: begins to wait for the next. */
  #hear(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#restart(), 2.5 * HEARTBEAT_MS);
    // Alone it is no reason for a program to go on.
    this.#silence.unref();
  }

  #receive(message: NatsMessage): void {
    this.#hear();
    if (message.status === CONTROL) this.#control(message);
    else if (message.status === undefined && message.reply !== undefined) this.#takeNext(message, message.reply);
    // Any other status says that the server has ended the consumer.
    else this.#restart();
  }

  #control(message: NatsMessage): void {
    // Flow control asks for an answer; a heartbeat may ask for one in its header when the server is held up by it.
    const answerTo = message.reply ?? message.header('Nats-Consumer-Stalled');
    if (answerTo !== '') this.#jetStream.client.publish(answerTo, new Uint8Array());
    const pushed = message.header('Nats-Last-Consumer');
    if (pushed !== '' && Number(pushed) !== this.#delivered) this.#restart();
  }

  #takeNext(message: NatsMessage, reply: string): void {
    const { sequence, delivered } = position(reply);
    if (delivered !== this.#delivered + 1) {
      this.#restart();
      return;
    }
    this.#delivered = delivered;
    this.#lastSequence = sequence;
    const isTombstone = message.header('KV-Operation') !== '';
    // What was deleted before the watch began is no change.
    if (isTombstone && !this.#told.has(message.subject)) return;
    if (isTombstone) this.#told.delete(message.subject);
    else this.#told.add(message.subject);
    this.#owner.take({ subject: message.subject, payload: message.payload, sequence, isTombstone });
  }
}

/** `$JS.ACK.<stream>.<consumer>.<times>.<stream sequence>.<consumer sequence>.<time>.<pending>`, newer servers with domain and account before. */
function position(reply: string): { readonly sequence: number; readonly delivered: number } {
  const tokens = reply.split('.');
  const shift = tokens.length > 9 ? 2 : 0;
  return { sequence: Number(tokens[5 + shift]), delivered: Number(tokens[6 + shift]) };
}
