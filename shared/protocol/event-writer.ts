// Gives events their envelope and publishes them: one writer per service, so that sequences have no gaps.

import type { Clock, Transport } from '../runtime/mod.ts';
import { type ClusterEvent, clusterEventCodec, type EventBody } from './events.ts';
import { subjects } from './subjects.ts';

export class EventWriter {
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #source: string;
  #sequence = 0;

  constructor(clock: Clock, transport: Transport, source: string) {
    this.#clock = clock;
    this.#transport = transport;
    this.#source = source;
  }

  write(body: EventBody): void {
    this.#sequence += 1;
    const event = {
      timeNs: this.#clock.now(),
      source: this.#source,
      sequence: this.#sequence,
      ...body,
    } as ClusterEvent;
    this.#transport.publish(subjects.event(event.kind), clusterEventCodec.encode(event));
  }
}
