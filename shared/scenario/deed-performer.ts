// Performs the events of a scenario: asks the scheduler or a host, and tells what came of it.

import { BUCKET_VMS } from '../protocol/mod.ts';
import { NS_PER_S, type Store } from '../runtime/mod.ts';
import type { Observation } from './observation.ts';
import type { Requests } from './requests.ts';
import type { Deed } from './scenario.ts';
import type { Typist } from './typist.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Chosen: a migration that is in the way may take so long. */
const PATIENCE_NS = 20 * NS_PER_S;

export interface DeedSurroundings {
  readonly requests: Requests;
  readonly observation: Observation;
  readonly typist: Typist;
  readonly store: Store;
  readonly waitingRoom: WaitingRoom;
  readonly signal: AbortSignal;
  readonly step: (what: string) => void;
  readonly warn: (what: string) => void;
}

export class DeedPerformer {
  readonly #around: DeedSurroundings;

  constructor(around: DeedSurroundings) {
    this.#around = around;
  }

  /** Rejects only when something failed that is not the cluster's to refuse. */
  async perform(deed: Deed): Promise<void> {
    switch (deed.kind) {
      case 'type':
        this.#around.typist.type(deed.vm, deed.line);
        return;
      case 'migrate':
        return this.#migrate(deed.vm, deed.to);
      case 'cancel-migration':
        return this.#cancel(deed.vm);
      case 'stop':
        return this.#stop(deed.vm);
      case 'wake':
      case 'standby':
        return this.#power(deed.kind, deed.host);
    }
  }

  async #migrate(vm: string, to: string | null): Promise<void> {
    const { requests } = this.#around;
    const what = `migrate ${vm}${to === null ? '' : ` to ${to}`}`;
    const command = { kind: 'migrate', vm, why: 'the scenario asks for it', ...(to === null ? {} : { to }) } as const;
    const answer = await requests.persistently(() => requests.toScheduler(command), PATIENCE_NS);
    this.#tell(what, answer);
  }

  async #cancel(vm: string): Promise<void> {
    const { requests, observation } = this.#around;
    const migration = observation.migrationOf(vm);
    if (migration === undefined) {
      this.#around.warn(`cancel the migration of ${vm}: it is in none`);
      return;
    }
    const answer = await requests.persistently(() => requests.toScheduler({ kind: 'cancel', migration }), PATIENCE_NS);
    this.#tell(`cancel the migration of ${vm}`, answer);
  }

  /** Stopping for good is to wish for it no more: the scheduler does the rest. */
  async #stop(vm: string): Promise<void> {
    const { observation, store, waitingRoom, signal } = this.#around;
    observation.vms.stopIsWanted(vm);
    await (await store.bucket(BUCKET_VMS)).delete(vm);
    const ended = await waitingRoom.until(() => observation.vms.hasEnded(vm), PATIENCE_NS, signal);
    if (ended) this.#around.step(`stop ${vm}`);
    else if (!signal.aborted) this.#around.warn(`stop ${vm}: it still runs`);
  }

  async #power(kind: 'wake' | 'standby', host: string): Promise<void> {
    const { requests } = this.#around;
    const command = { kind, why: 'the scenario asks for it' } as const;
    this.#tell(`${kind} ${host}`, await requests.persistently(() => requests.toHost(host, command), PATIENCE_NS));
  }

  #tell(what: string, answer: { readonly ok: boolean; readonly message?: string }): void {
    if (answer.ok) this.#around.step(what);
    else this.#around.warn(`${what}: ${answer.message}`);
  }
}
