// The process of the scheduler. All it needs to know beyond how to reach NATS is in the store.

import { runService } from '../../shared/runtime/live/mod.ts';
import { Scheduler } from './mod.ts';

await runService('scheduler', process.env, async ({ ports, log, fail }) => {
  const scheduler = new Scheduler(ports, { log, onFailure: fail });
  await scheduler.start();
  return scheduler;
});
