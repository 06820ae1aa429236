// Small control messages between services: publish, subscribe, request. The promise is that of core NATS: at most once,
// ordered between one publisher and one subscriber when nothing fails, and no more. Payloads are bytes; the schemas
// are in shared/protocol.

export interface Message {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Answers a request. Undefined when the message was published without asking for a reply. */
  readonly respond?: (payload: Uint8Array) => void;
}

export interface Subscription {
  unsubscribe(): void;
}

export interface Transport {
  publish(subject: string, payload: Uint8Array): void;
  /** `pattern` is a NATS subject: tokens parted by dots, `*` matches one, a last `>` matches one or more. */
  subscribe(pattern: string, handler: (message: Message) => void): Subscription;
  /**
   * One request, the first answer. Rejects with RUNTIME_NO_RESPONDER when nobody listens (which a lossy transport may report as
   * a time-out instead) and RUNTIME_TIMEOUT after `timeoutNs` of cluster time.
   */
  request(subject: string, payload: Uint8Array, timeoutNs: number): Promise<Uint8Array>;
  /** Resolves when all that was published or subscribed before counts: a message that anyone sends later finds the subscription. */
  flush(): Promise<void>;
  /** Sends what is buffered, then closes; later calls throw RUNTIME_CLOSED. */
  close(): Promise<void>;
}

/** Chosen: below the NATS server's default limit of 1 MiB, with room for headers. Larger ones are refused with RUNTIME_TOO_LARGE. */
export const MAX_PAYLOAD_BYTES = 1_000_000;
