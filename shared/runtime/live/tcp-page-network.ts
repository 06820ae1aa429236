// The page network over TCP: every host listens on a port of its own, any free one, and gives out `host:port`.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { runtimeErrors } from '../errors.ts';
import { type Clock, NS_PER_MS } from '../ports/clock.ts';
import type { PageListener, PageNetwork, PageStream } from '../ports/page-network.ts';
import { type StreamDeadlines, TcpPageStream } from './tcp-page-stream.ts';

export interface TcpPageNetworkOptions {
  readonly clock: Clock;
  /** Where to listen. Default 127.0.0.1: pages are not for strangers. */
  readonly host?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  /** What others are given instead of `host`, as when that is 0.0.0.0. */
  readonly advertisedHost?: string;
  /** Default a sign of life every 2 s, gone after 10 s. */
  readonly deadlines?: StreamDeadlines;
}

const DEFAULT_DEADLINES: StreamDeadlines = { heartbeatMs: 2_000, silenceMs: 10_000 };

export class TcpPageNetwork implements PageNetwork {
  readonly #options: TcpPageNetworkOptions;
  readonly #deadlines: StreamDeadlines;

  constructor(options: TcpPageNetworkOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEFAULT_DEADLINES;
  }

  listen(accept: (stream: PageStream) => void): Promise<PageListener> {
    const { host = '127.0.0.1', port = 0, advertisedHost = host } = this.#options;
    // A far end that has closed may still get what we were sending.
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket, accept));
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        const parameters = { what: 'a page listener', address: `${host}:${port}`, reason: error.message };
        reject(runtimeErrors.create('RUNTIME_UNREACHABLE', parameters, error));
      });
      server.listen(port, host, () => {
        const bound = server.address();
        const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
        resolve({ address: joinAddress(advertisedHost, boundPort), close: () => void server.close() });
      });
    });
  }

  connect(address: string, timeoutNs: number): Promise<PageStream> {
    const { clock } = this.#options;
    const { host, port } = splitAddress(address);
    const { promise, resolve, reject } = Promise.withResolvers<PageStream>();
    const socket = connect({ host, port, allowHalfOpen: true });
    const timer = clock.at(clock.now() + timeoutNs, () => {
      const parameters = { what: `connecting to ${address}`, durationMs: timeoutNs / NS_PER_MS };
      reject(runtimeErrors.create('RUNTIME_TIMEOUT', parameters));
      socket.destroy();
    });
    const fail = (reason: string, cause: unknown): void => {
      timer.cancel();
      reject(runtimeErrors.create('RUNTIME_UNREACHABLE', { what: 'the page listener', address, reason }, cause));
    };
    const failToConnect = (error: Error): void => fail(error.message, error);
    socket.once('error', failToConnect);
    socket.once('connect', () => {
      socket.off('error', failToConnect);
      const stream = new TcpPageStream(socket, address, this.#deadlines);
      stream.greeted.then(
        () => {
          timer.cancel();
          resolve(stream);
        },
        (error) => fail('it does not speak the page protocol', error),
      );
    });
    return promise;
  }

  /** A stranger is dropped without ever reaching the service. */
  #accept(socket: Socket, accept: (stream: PageStream) => void): void {
    const peer = joinAddress(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
    const stream = new TcpPageStream(socket, peer, this.#deadlines);
    const patience = setTimeout(() => socket.destroy(), this.#deadlines.silenceMs);
    stream.greeted.then(
      () => {
        clearTimeout(patience);
        accept(stream);
      },
      () => clearTimeout(patience),
    );
  }
}

function joinAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[(?<six>[^\]]+)\]|(?<name>[^:]+)):(?<port>\d{1,5})$/.exec(address)?.groups;
  const port = Number(parts?.['port']);
  if (parts === undefined || port > 65_535) {
    const parameters = { what: 'the address', name: address, rule: 'host:port' };
    throw runtimeErrors.create('RUNTIME_BAD_NAME', parameters);
  }
  return { host: parts['six'] ?? parts['name']!, port };
}
