// Control messages of a replay, through a broker as core NATS has one: a subscription counts from when it has reached the broker,
// a message goes to those that count when it passes, and a request without anyone interested is answered by the broker. It
// keeps the order between one publisher and one subscriber unless a fault is asked for that NATS does not have.

import { copyBytes } from '../bytes.ts';
import { runtimeErrors } from '../errors.ts';
import { checkPattern, checkSubject, subjectMatches } from '../names.ts';
import { NS_PER_MS } from '../ports/clock.ts';
import { MAX_PAYLOAD_BYTES, type Message, type Subscription, type Transport } from '../ports/transport.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import type { VirtualProcess } from './virtual-process.ts';

interface Interest {
  readonly pattern: string;
  readonly tokens: readonly string[];
  readonly process: VirtualProcess;
  readonly handler: (message: Message) => void;
  /** Cleared by the subscriber at once; the broker hears of it later. */
  active: boolean;
}

export class MemoryBroker {
  readonly #network: VirtualNetwork;
  readonly #plain = new Map<string, Set<Interest>>();
  readonly #wild = new Set<Interest>();

  constructor(network: VirtualNetwork) {
    this.#network = network;
  }

  /** A connection of the node's present life. */
  transport(node: string): Transport {
    return new MemoryTransport(this.#network, this, this.#network.process(node));
  }

  add(interest: Interest): void {
    if (/[*>]/.test(interest.pattern)) this.#wild.add(interest);
    else {
      const same = this.#plain.get(interest.pattern) ?? new Set();
      this.#plain.set(interest.pattern, same.add(interest));
    }
  }

  remove(interest: Interest): void {
    this.#wild.delete(interest);
    const same = this.#plain.get(interest.pattern);
    if (same?.delete(interest) && same.size === 0) this.#plain.delete(interest.pattern);
  }

  interested(subject: string): readonly Interest[] {
    const found = [...(this.#plain.get(subject) ?? [])];
    if (this.#wild.size > 0) {
      const tokens = subject.split('.');
      for (const interest of this.#wild) if (subjectMatches(interest.tokens, tokens)) found.push(interest);
    }
    return found;
  }
}

interface Waiting {
  settle(outcome: Uint8Array | Error): void;
}

class MemoryTransport implements Transport {
  readonly #network: VirtualNetwork;
  readonly #broker: MemoryBroker;
  readonly #process: VirtualProcess;
  readonly #interests = new Set<Interest>();
  readonly #waiting = new Set<Waiting>();
  #closed = false;

  constructor(network: VirtualNetwork, broker: MemoryBroker, process: VirtualProcess) {
    this.#network = network;
    this.#broker = broker;
    this.#process = process;
    process.onDeath((kind) => {
      const forget = (): void => {
        for (const interest of this.#interests) broker.remove(interest);
      };
      const { clock, brokerNode, silenceNs } = network;
      const noticeNs = kind === 'process' ? network.latencyNs(process.node, brokerNode) : silenceNs;
      clock.at(clock.now() + noticeNs, forget);
    });
  }

  publish(subject: string, payload: Uint8Array): void {
    this.#check(subject, payload);
    this.#send(subject, copyBytes(payload), undefined);
  }

  subscribe(pattern: string, handler: (message: Message) => void): Subscription {
    this.#checkOpen();
    checkPattern(pattern);
    const interest: Interest = { pattern, tokens: pattern.split('.'), process: this.#process, handler, active: true };
    this.#interests.add(interest);
    this.#tellBroker(() => {
      if (interest.active && this.#process.alive) this.#broker.add(interest);
    });
    return { unsubscribe: () => this.#drop(interest) };
  }

  request(subject: string, payload: Uint8Array, timeoutNs: number): Promise<Uint8Array> {
    this.#check(subject, payload);
    return new Promise((resolve, reject) => {
      const { clock } = this.#process;
      const waiting: Waiting = {
        settle: (outcome) => {
          if (!this.#waiting.delete(waiting)) return;
          timer.cancel();
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      const timer = clock.at(clock.now() + timeoutNs, () => {
        const parameters = { what: `the request ${subject}`, durationMs: timeoutNs / NS_PER_MS };
        waiting.settle(runtimeErrors.create('RUNTIME_TIMEOUT', parameters));
      });
      this.#waiting.add(waiting);
      this.#send(subject, copyBytes(payload), waiting);
    });
  }

  async flush(): Promise<void> {
    this.#checkOpen();
    const { clock, node } = this.#process;
    const { brokerNode } = this.#network;
    const thereNs = this.#network.arrivalNs(node, brokerNode, 'control');
    await clock.sleep(thereNs + this.#network.latencyNs(brokerNode, node) - clock.now());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const interest of [...this.#interests]) this.#drop(interest);
    const error = runtimeErrors.create('RUNTIME_CLOSED', { what: 'the transport', reason: 'closed here' });
    for (const waiting of [...this.#waiting]) waiting.settle(error);
    await this.#process.clock.sleep(this.#network.latencyNs(this.#process.node, this.#network.brokerNode));
  }

  /** To the broker, and on to everyone interested then. */
  #send(subject: string, payload: Uint8Array, waiting: Waiting | undefined): void {
    const network = this.#network;
    const broker = network.brokerNode;
    const origin = this.#process;
    if (!origin.alive) return;
    network.hop(origin.node, broker, () => {
      const interested = this.#broker.interested(subject);
      if (interested.length === 0 && waiting !== undefined) {
        const error = runtimeErrors.create('RUNTIME_NO_RESPONDER', { subject });
        network.hop(broker, origin.node, () => origin.alive && waiting.settle(error));
      }
      for (const interest of interested) {
        network.hop(broker, interest.process.node, () => this.#deliver(interest, subject, copyBytes(payload), waiting));
      }
    });
  }

  #deliver(interest: Interest, subject: string, payload: Uint8Array, waiting: Waiting | undefined): void {
    if (!interest.active || !interest.process.alive) return;
    if (waiting === undefined) {
      interest.handler({ subject, payload });
      return;
    }
    const network = this.#network;
    const respond = (answer: Uint8Array): void => {
      checkSize(`the answer to ${subject}`, answer);
      if (!interest.process.alive) return;
      const bytes = copyBytes(answer);
      network.hop(interest.process.node, network.brokerNode, () => {
        network.hop(network.brokerNode, this.#process.node, () => this.#process.alive && waiting.settle(bytes));
      });
    };
    interest.handler({ subject, payload, respond });
  }

  #drop(interest: Interest): void {
    interest.active = false;
    if (!this.#interests.delete(interest)) return;
    this.#tellBroker(() => this.#broker.remove(interest));
  }

  /** Subscriptions are never lost or reordered: the client repeats them when it reconnects. */
  #tellBroker(act: () => void): void {
    const { node } = this.#process;
    this.#network.clock.at(this.#network.arrivalNs(node, this.#network.brokerNode, 'control'), act);
  }

  #check(subject: string, payload: Uint8Array): void {
    this.#checkOpen();
    checkSubject(subject);
    checkSize(`the message ${subject}`, payload);
  }

  #checkOpen(): void {
    if (this.#closed) throw runtimeErrors.create('RUNTIME_CLOSED', { what: 'the transport', reason: 'closed here' });
  }
}

function checkSize(what: string, payload: Uint8Array): void {
  if (payload.byteLength <= MAX_PAYLOAD_BYTES) return;
  const sizes = { what, sizeBytes: payload.byteLength, limitBytes: MAX_PAYLOAD_BYTES };
  throw runtimeErrors.create('RUNTIME_TOO_LARGE', sizes);
}
