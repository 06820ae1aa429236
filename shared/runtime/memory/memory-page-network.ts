// Listening and connecting for page streams between virtual nodes. As with TCP, a living node without a listener refuses at
// once, and a dead or parted one answers nothing, so that the caller runs into its time-out.

import { runtimeErrors } from '../errors.ts';
import { NS_PER_MS } from '../ports/clock.ts';
import type { PageListener, PageNetwork, PageStream } from '../ports/page-network.ts';
import { LinkSchedule, MemoryPageStream } from './memory-page-stream.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import type { VirtualProcess } from './virtual-process.ts';

interface Listening {
  readonly process: VirtualProcess;
  readonly accept: (stream: PageStream) => void;
}

/** Chosen: where a range of private ports begins; only seen in addresses. */
const FIRST_PORT = 49_152;

export class MemoryPageNetworks {
  readonly #network: VirtualNetwork;
  readonly #links: LinkSchedule;
  readonly #listening = new Map<string, Listening>();
  readonly #nextPort = new Map<string, number>();

  constructor(network: VirtualNetwork) {
    this.#network = network;
    this.#links = new LinkSchedule(network);
  }

  /** The page network as the node's present life sees it. */
  pages(node: string): PageNetwork {
    const process = this.#network.process(node);
    return {
      listen: (accept) => this.#listen(process, accept),
      connect: (address, timeoutNs) => this.#connect(process, address, timeoutNs),
    };
  }

  async #listen(process: VirtualProcess, accept: (stream: PageStream) => void): Promise<PageListener> {
    const port = this.#port(process.node);
    const address = `${process.node}:${port}`;
    this.#listening.set(address, { process, accept });
    const close = (): boolean => this.#listening.delete(address);
    process.onDeath(close);
    return { address, close };
  }

  #connect(process: VirtualProcess, address: string, timeoutNs: number): Promise<PageStream> {
    const network = this.#network;
    const near = process.node;
    const far = address.slice(0, address.lastIndexOf(':'));
    const peer = `${near}:${this.#port(near)}`;
    return new Promise((resolve, reject) => {
      let settled = false;
      let opened: PageStream | undefined;
      const timer = process.clock.at(network.clock.now() + timeoutNs, () => {
        settled = true;
        // The far end may have accepted already; it learns that nobody is there.
        opened?.close();
        const parameters = { what: `connecting to ${address}`, durationMs: timeoutNs / NS_PER_MS };
        reject(runtimeErrors.create('RUNTIME_TIMEOUT', parameters));
      });
      const answer = (act: () => void): void => {
        network.arrive(far, near, network.arrivalNs(far, near, 'pages'), () => {
          if (settled || !process.alive) return;
          settled = true;
          timer.cancel();
          act();
        });
      };
      network.arrive(near, far, network.arrivalNs(near, far, 'pages'), () => {
        if (settled || !process.alive) return;
        const listening = this.#listening.get(address);
        if (listening === undefined) {
          const parameters = { what: 'the page listener', address, reason: 'connection refused' };
          answer(() => reject(runtimeErrors.create('RUNTIME_UNREACHABLE', parameters)));
          return;
        }
        const ends = { caller: { process, peer: address }, callee: { process: listening.process, peer } };
        const [nearEnd, farEnd] = MemoryPageStream.pair(network, this.#links, ends.caller, ends.callee);
        opened = nearEnd;
        answer(() => resolve(nearEnd));
        listening.accept(farEnd);
      });
    });
  }

  #port(node: string): number {
    const port = this.#nextPort.get(node) ?? FIRST_PORT;
    this.#nextPort.set(node, port + 1);
    return port;
  }
}
