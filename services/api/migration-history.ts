// Migrations as the events tell them, the newest of them; older ones are in the event log.

import type { ClusterEvent } from '../../shared/protocol/mod.ts';
import type { MigrationView, StateView } from './views.ts';

/** Chosen: some hours of a busy small cluster, 300 kB. */
const MIGRATIONS_MAX = 1000;

export class MigrationHistory {
  readonly #migrations = new Map<string, MigrationView>();
  readonly #counts = { completed: 0, cancelled: 0, failed: 0 };

  note(event: ClusterEvent): void {
    switch (event.kind) {
      case 'migration.started': {
        const { migration, vm, from, to, why: detail, timeNs: beganNs } = event;
        const nothing = { endedNs: null, rounds: 0, pages: 0, bytes: 0, downtimeNs: null };
        this.#put({ migration, vm, from, to, outcome: 'under-way', detail, beganNs, ...nothing });
        return;
      }
      case 'migration.round': {
        const view = this.#migrations.get(event.migration);
        if (view === undefined) return;
        view.rounds = event.round;
        view.pages += event.pages;
        view.bytes += event.bytes;
        return;
      }
      case 'migration.ended': {
        const { migration, vm, from, to, outcome, detail, rounds, pages, bytes, downtimeNs, totalNs } = event.report;
        const known = this.#migrations.get(migration);
        if (known?.endedNs === event.timeNs) return;
        this.#counts[outcome] += 1;
        const beganNs = known?.beganNs ?? event.timeNs - totalNs;
        const endedNs = event.timeNs;
        this.#put({
          ...{ migration, vm, from, to, outcome, detail, beganNs, endedNs },
          ...{ rounds, pages, bytes, downtimeNs },
        });
        return;
      }
      default:
        return;
    }
  }

  /** The newest first. */
  list(): MigrationView[] {
    return [...this.#migrations.values()].reverse();
  }

  destinationOf(vm: string): string | undefined {
    for (const view of this.#migrations.values()) if (view.vm === vm && view.outcome === 'under-way') return view.to;
    return undefined;
  }

  counts(): StateView['migrations'] {
    let underWay = 0;
    for (const { outcome } of this.#migrations.values()) if (outcome === 'under-way') underWay += 1;
    return { underWay, ...this.#counts };
  }

  #put(view: MigrationView): void {
    this.#migrations.set(view.migration, view);
    if (this.#migrations.size <= MIGRATIONS_MAX) return;
    const [oldest] = this.#migrations.keys();
    this.#migrations.delete(oldest!);
  }
}
