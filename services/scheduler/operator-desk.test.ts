import { describe, expect, test } from 'vitest';
import { SchedulerWorld } from './testing/scheduler-world.ts';

describe('the operator of hosts', () => {
  test('sends an empty host to standby and wakes it, each asked twice as once', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    await world.run(3);
    const ask = (kind: 'standby' | 'wake') =>
      world.through(() => world.ask({ kind, host: 'h2', why: 'cleaning the room' }));
    expect(await ask('standby')).toEqual({ ok: true });
    await world.run(5);
    expect(world.host('h2').power).toBe('standby');
    expect(await ask('standby')).toEqual({ ok: true });
    expect(await ask('wake')).toEqual({ ok: true });
    expect(await ask('wake')).toEqual({ ok: true });
    await world.run(10);
    expect(world.host('h2').power).toBe('on');
    expect(world.decisions().filter((line) => line.includes('h2'))).toEqual([
      'standby h2: asked for: cleaning the room',
      'wake h2: asked for: cleaning the room',
    ]);
  });

  test('is told which VMs keep a host from sleeping, and what there is instead of an unknown host', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    await world.through(() => world.wish('web', 0.1, { pinnedTo: 'h1' }));
    await world.run(6);
    const ask = (host: string) => world.through(() => world.ask({ kind: 'standby', host, why: '' }));
    expect(await ask('h1')).toMatchObject({ code: 'SCHEDULER_HOST_BUSY', message: expect.stringContaining('(web)') });
    expect(await ask('h3')).toMatchObject({ code: 'SCHEDULER_NO_HOST' });
    expect(world.host('h1').power).toBe('on');
  });
});
