// Events for whoever asks: the newest of them are kept, and followers are told of each as it comes. All of them are in the event log of a
// run; here a bound keeps a noisy guest from filling our memory.

import type { ClusterEvent } from '../../shared/protocol/mod.ts';

/** Chosen: minutes of a small cluster, some hundred kilobytes. */
const KEPT_MAX = 2000;
/** Chosen: operators and dashboards of one small cluster. */
export const FOLLOWERS_MAX = 64;

export interface EventFilter {
  /** `migration.ended`, or all of `migration`; none means every kind. */
  readonly kinds: readonly string[];
  /** Only events that name this VM, or this host. */
  readonly vm?: string | undefined;
  readonly host?: string | undefined;
}

export type Follower = (event: ClusterEvent) => void;

export class EventFeed {
  readonly #kept: ClusterEvent[] = [];
  readonly #followers = new Set<Follower>();

  note(event: ClusterEvent): void {
    this.#kept.push(event);
    if (this.#kept.length > 2 * KEPT_MAX) this.#kept.splice(0, KEPT_MAX);
    for (const follower of this.#followers) follower(event);
  }

  /** The newest, in order of arrival. */
  recent(filter: EventFilter): readonly ClusterEvent[] {
    return this.#kept.slice(-KEPT_MAX).filter((event) => matches(event, filter));
  }

  get isFull(): boolean {
    return this.#followers.size >= FOLLOWERS_MAX;
  }

  /** Returns how to leave. */
  follow(filter: EventFilter, follower: Follower): () => void {
    const heed: Follower = (event) => {
      if (matches(event, filter)) follower(event);
    };
    this.#followers.add(heed);
    return () => void this.#followers.delete(heed);
  }
}

function matches(event: ClusterEvent, { kinds, vm, host }: EventFilter): boolean {
  if (kinds.length > 0 && !kinds.some((kind) => event.kind === kind || event.kind.startsWith(`${kind}.`))) return false;
  const named = 'report' in event ? event.report : event;
  if (vm !== undefined && !names(named, ['vm', 'subject'], vm)) return false;
  return host === undefined || names(named, ['host', 'from', 'to', 'subject'], host);
}

function names(fields: object, keys: readonly string[], name: string): boolean {
  const values = fields as Readonly<Record<string, unknown>>;
  return keys.some((key) => values[key] === name);
}
