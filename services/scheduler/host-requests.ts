// Commands to host nodes, repeated a few times when nobody answers: each may be repeated without harm (protocol, commands).

import { type Answer, answerCodec, type HostCommand, hostCommandCodec, subjects } from '../../shared/protocol/mod.ts';
import { type Clock, hasCode, NS_PER_S, type Transport } from '../../shared/runtime/mod.ts';

/** Chosen: a host answers within a quantum and a round trip; the start of a VM also reads an image. */
const REQUEST_LIMIT_NS = 2 * NS_PER_S;
const ATTEMPTS_MAX = 3;
/** Chosen: between two attempts when nobody listens, as when a host node is being started. */
const PAUSE_NS = NS_PER_S;

/** The longest that `ask` can take. */
export const ASK_LIMIT_NS = ATTEMPTS_MAX * (REQUEST_LIMIT_NS + PAUSE_NS);

export class HostRequests {
  readonly #clock: Clock;
  readonly #transport: Transport;

  constructor(clock: Clock, transport: Transport) {
    this.#clock = clock;
    this.#transport = transport;
  }

  /** The host's answer; undefined when it stays silent, and then it may or may not have done it. */
  async ask(host: string, command: HostCommand): Promise<Answer | undefined> {
    const payload = hostCommandCodec.encode(command);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      try {
        return answerCodec.decode(await this.#transport.request(subjects.hostCommand(host), payload, REQUEST_LIMIT_NS));
      } catch (error) {
        if (!hasCode(error, 'RUNTIME_TIMEOUT', 'RUNTIME_NO_RESPONDER')) throw error;
        if (attempt < ATTEMPTS_MAX) await this.#clock.sleep(PAUSE_NS);
      }
    }
    return undefined;
  }
}
