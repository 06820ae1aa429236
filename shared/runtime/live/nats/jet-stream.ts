// JetStream as requests with answers in JSON: streams, compare-and-swap appends, single messages. What is used works on nats-server
// 2.9. Specification: NATS ADR-8 (key-value on streams), ADR-31 (direct get), and
// https://docs.nats.io/reference/reference-protocols/nats_api_reference

import { runtimeErrors } from '../../errors.ts';
import { closedError, type NatsClient, type NatsMessage } from './client.ts';

export interface StoredMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly sequence: number;
  /** ADR-8: DEL and PURGE mark a deleted key. */
  readonly isTombstone: boolean;
}

export interface StreamState {
  readonly firstSequence: number;
  readonly lastSequence: number;
}

export interface Expectation {
  readonly header: 'Nats-Expected-Last-Subject-Sequence' | 'Nats-Expected-Last-Sequence';
  readonly sequence: number;
}

interface ApiAnswer {
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
}

interface StreamAnswer extends ApiAnswer {
  readonly state?: {
    readonly first_seq: number;
    readonly last_seq: number;
    readonly subjects?: Record<string, number>;
  };
  readonly total?: number;
}

/** Error codes of the server (`server/errors.json`). */
const WRONG_LAST_SEQUENCE = 10_071;
const STREAM_EXISTS = 10_058;
const STREAM_NOT_FOUND = 10_059;
const NO_RESPONDERS = 503;
const NOT_FOUND = 404;

export class JetStream {
  readonly client: NatsClient;
  readonly timeoutMs: number;

  constructor(client: NatsClient, timeoutMs: number) {
    this.client = client;
    this.timeoutMs = timeoutMs;
  }

  /** Makes sure that the stream is there; one that is there already keeps its configuration. */
  async ensureStream(name: string, configuration: Readonly<Record<string, unknown>>): Promise<void> {
    const answer = await this.#api(`STREAM.CREATE.${name}`, { name, ...configuration });
    if (answer.error !== undefined && answer.error.err_code !== STREAM_EXISTS)
      throw refused(`the stream ${name}`, answer);
  }

  /** Undefined when there is no such stream. */
  async streamState(name: string): Promise<StreamState | undefined> {
    const answer: StreamAnswer = await this.#api(`STREAM.INFO.${name}`, {});
    if (answer.error?.err_code === STREAM_NOT_FOUND) return undefined;
    if (answer.state === undefined) throw refused(`the state of the stream ${name}`, answer);
    return { firstSequence: answer.state.first_seq, lastSequence: answer.state.last_seq };
  }

  /** Every subject that has a message, in no order. The server answers in parts. */
  async subjects(name: string, filter: string): Promise<readonly string[]> {
    const subjects: string[] = [];
    for (;;) {
      const question = { subjects_filter: filter, offset: subjects.length };
      const answer: StreamAnswer = await this.#api(`STREAM.INFO.${name}`, question);
      if (answer.state === undefined) throw refused(`the subjects of the stream ${name}`, answer);
      const part = Object.keys(answer.state.subjects ?? {});
      subjects.push(...part);
      if (part.length === 0 || subjects.length >= (answer.total ?? 0)) return subjects;
    }
  }

  /** Undefined when the expectation was not met. */
  async append(
    what: string,
    subject: string,
    payload: Uint8Array,
    options: { readonly expected?: Expectation; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<number | undefined> {
    const { expected } = options;
    const expectation = expected === undefined ? {} : { [expected.header]: String(expected.sequence) };
    const answer = await this.ask(what, subject, payload, { ...options.headers, ...expectation });
    const acknowledged = parse(answer) as ApiAnswer & { readonly seq?: number };
    if (acknowledged.error?.err_code === WRONG_LAST_SEQUENCE) return undefined;
    if (acknowledged.seq === undefined) throw refused(what, acknowledged);
    return acknowledged.seq;
  }

  /** The newest message of a subject. */
  last(stream: string, subject: string): Promise<StoredMessage | undefined> {
    return this.#direct(`DIRECT.GET.${stream}.${subject}`, '', `reading ${subject}`);
  }

  /** The message with this sequence. */
  at(stream: string, sequence: number): Promise<StoredMessage | undefined> {
    return this.#direct(`DIRECT.GET.${stream}`, JSON.stringify({ seq: sequence }), `reading ${stream} at ${sequence}`);
  }

  /** Creates a consumer; undefined when the stream is gone. */
  async createConsumer(stream: string, configuration: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    const question = { stream_name: stream, config: configuration };
    const answer: ApiAnswer & { readonly name?: string } = await this.#api(`CONSUMER.CREATE.${stream}`, question);
    if (answer.error?.err_code === STREAM_NOT_FOUND) return undefined;
    if (answer.name === undefined) throw refused(`a consumer of the stream ${stream}`, answer);
    return answer.name;
  }

  /** Not awaited: the server drops consumers that nobody hears anyway. */
  dropConsumer(stream: string, name: string): void {
    if (!this.client.closed) this.client.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`, new Uint8Array());
  }

  /** A request with our deadline, by the wall clock: the store's disk does not follow cluster time. */
  async ask(
    what: string,
    subject: string,
    payload: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<NatsMessage> {
    if (this.client.closed) throw closedError();
    const request = this.client.request(subject, payload, headers);
    const timeout = runtimeErrors.create('RUNTIME_TIMEOUT', { what, durationMs: this.timeoutMs });
    const timer = setTimeout(() => request.abandon(timeout), this.timeoutMs);
    try {
      const answer = await request.answer;
      // No stream takes the subject, or JetStream is starting. Callers know how to deal with a time-out.
      if (answer.status === NO_RESPONDERS) throw timeout;
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  async #api(operation: string, question: unknown): Promise<ApiAnswer> {
    const payload = Buffer.from(JSON.stringify(question));
    return parse(await this.ask(`JetStream ${operation}`, `$JS.API.${operation}`, payload)) as ApiAnswer;
  }

  async #direct(operation: string, question: string, what: string): Promise<StoredMessage | undefined> {
    const answer = await this.ask(what, `$JS.API.${operation}`, Buffer.from(question));
    if (answer.status === NOT_FOUND) return undefined;
    const sequence = Number(answer.header('Nats-Sequence'));
    if (answer.status !== undefined || !(sequence > 0)) {
      throw runtimeErrors.create('RUNTIME_STORE', { what, reason: `${answer.status} ${answer.description}` });
    }
    const isTombstone = answer.header('KV-Operation') !== '';
    return { subject: answer.header('Nats-Subject'), payload: answer.payload, sequence, isTombstone };
  }
}

function parse(answer: NatsMessage): unknown {
  return JSON.parse(Buffer.from(answer.payload).toString());
}

function refused(what: string, { error }: ApiAnswer): Error {
  const reason = error === undefined ? 'an answer that is not understood' : `${error.description} (${error.err_code})`;
  return runtimeErrors.create('RUNTIME_STORE', { what, reason });
}
