// All that a service is given: the only way it may reach the world.

import type { Clock } from './clock.ts';
import type { Executor } from './executor.ts';
import type { LocalDisk } from './local-disk.ts';
import type { PageNetwork } from './page-network.ts';
import type { Random } from './random.ts';
import type { Store } from './store.ts';
import type { Transport } from './transport.ts';

export interface ServicePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly store: Store;
  readonly pages: PageNetwork;
  readonly disk: LocalDisk;
  readonly executor: Executor;
}
