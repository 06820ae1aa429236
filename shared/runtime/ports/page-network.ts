// Byte streams between hosts for what is large: the pages of a migration. Frames are delivered whole, in order, once, or the
// stream breaks and both ends learn it. It has no flow control of its own beyond `send`'s promise; migrations use credits.

export interface PageStream {
  /** The far end's address as `connect` was given it, or the near end's view of it. For messages and logs only. */
  readonly peer: string;
  /** Queues one frame (at most MAX_FRAME_BYTES; copied or written before it resolves). Rejects with RUNTIME_CLOSED. */
  send(frame: Uint8Array): Promise<void>;
  /** Sets the one receiver. Frames that came earlier are held for it. */
  onFrame(handler: (frame: Uint8Array) => void): void;
  /**
   * The receiver is done with a frame of this stream: its memory may serve a later one. Nobody has to call it; frames of pages in new memory
   * each keep the garbage collector busy.
   */
  recycle?(frame: Uint8Array): void;
  /** Settles once, when either end closed or the stream broke; resolves to a word that says why. */
  readonly closed: Promise<string>;
  close(): void;
}

export interface PageListener {
  /** What others give to `connect`. */
  readonly address: string;
  close(): void;
}

export interface PageNetwork {
  listen(accept: (stream: PageStream) => void): Promise<PageListener>;
  /** Rejects with RUNTIME_UNREACHABLE, or RUNTIME_TIMEOUT after `timeoutNs`. */
  connect(address: string, timeoutNs: number): Promise<PageStream>;
}

/** Chosen: room for 256 pages and their headers. */
export const MAX_FRAME_BYTES = 2 * 1024 * 1024;
