import { describe, expect, test } from 'vitest';
import { SchedulerWorld } from './testing/scheduler-world.ts';

const hostsOn = (world: SchedulerWorld): string[] =>
  [...world.rack.hosts.values()].filter(({ power }) => power === 'on').map(({ name }) => name);

describe('scheduler', () => {
  test('starts what is wished for, each VM once, and says why there', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none', parameters: { newVmCpus: 0.3 } });
    await world.through(() => world.wish('v1', 0.3));
    await world.through(() => world.wish('v2', 0.3, { pinnedTo: 'h2' }));
    await world.run(10);
    expect(world.rack.layout()).toEqual({ h1: ['v1'], h2: ['v2'] });
    expect(world.said('vm.placed').map(({ vm, host, epoch }) => [vm, host, epoch])).toEqual([
      ['v1', 'h1', 1],
      ['v2', 'h2', 1],
    ]);
    expect(world.decisions()).toContain(
      'place v1: host h1 has room for its 18 MiB and will be at 30 % with it (target 70 %)',
    );
    expect(world.said('scheduler.failed')).toEqual([]);
  });

  test('folds VMs onto one host, switches the others off, and spreads again when load rises', async () => {
    const world = await SchedulerWorld.start({ hosts: 4 });
    for (const number of [1, 2, 3, 4]) {
      await world.through(() => world.wish(`v${number}`, 0.1, { pinnedTo: `h${number}` }));
    }
    await world.run(60);
    expect(world.rack.layout()).toEqual({ h1: ['v1', 'v2', 'v3', 'v4'] });
    expect(hostsOn(world)).toEqual(['h1']);
    for (const number of [1, 2, 3, 4]) world.rack.wanted.set(`v${number}`, 0.6);
    await world.run(60);
    expect(Object.keys(world.rack.layout())).toHaveLength(4);
    expect(hostsOn(world)).toHaveLength(4);
    expect(world.said('scheduler.failed')).toEqual([]);
    expect(world.said('migration.ended').every(({ report }) => report.outcome === 'completed')).toBe(true);
    expect(world.said('migration.ended')).toHaveLength(6);
  });

  test('a VM that a host refuses goes to another one, under a higher epoch', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    world.host('h1').intercept = ({ kind }) =>
      kind === 'start' ? { ok: false, code: 'HOST_NO_ROOM', message: 'no room' } : undefined;
    await world.through(() => world.wish('v1', 0.1));
    await world.run(10);
    expect(world.rack.layout()).toEqual({ h2: ['v1'] });
    expect(world.said('scheduler.failed').map(({ what, why }) => `${what}: ${why}`)).toEqual([
      'starting v1 on host h1: no room',
    ]);
    expect(world.said('vm.placed').map(({ host, epoch }) => [host, epoch])).toEqual([
      ['h1', 1],
      ['h2', 2],
    ]);
  });

  test('gives up after five refusals, and tries anew when the specification is written again', async () => {
    const world = await SchedulerWorld.start({ hosts: 5, policy: 'none' });
    const refuse = { ok: false, code: 'HOST_NO_IMAGE', message: 'no such image' } as const;
    for (const host of world.rack.hosts.values())
      host.intercept = ({ kind }) => (kind === 'start' ? refuse : undefined);
    await world.through(() => world.wish('v1', 0.1));
    await world.run(60);
    expect(world.said('vm.placed')).toHaveLength(5);
    expect(world.said('vm.refused').map(({ why }) => why)).toEqual([
      expect.stringMatching(/^refused 5 times, last by host h\d: no such image\. Write its specification again/),
    ]);
    for (const host of world.rack.hosts.values()) host.intercept = undefined;
    await world.through(() => world.wish('v1', 0.1));
    await world.run(10);
    expect(world.rack.running('v1')).toHaveLength(1);
  });

  test('a VM with no room anywhere is refused once, with the figures, and starts when there is room', async () => {
    const world = await SchedulerWorld.start({ hosts: 1, hostMemoryMiB: 64, policy: 'none' });
    await world.through(() => world.wish('v1', 0.1, { memoryBytes: 40 * 2 ** 20 }));
    await world.run(10);
    await world.through(() => world.wish('v2', 0.1, { memoryBytes: 40 * 2 ** 20 }));
    await world.run(20);
    expect(world.said('vm.refused')).toMatchObject([
      { vm: 'v2', why: 'it needs 42 MiB and no host has more than 20 MiB free' },
    ]);
    await world.through(() => world.drop('v1'));
    await world.run(20);
    expect(world.rack.layout()).toEqual({ h1: ['v2'] });
  });

  test('a lost answer to a start makes neither a second copy nor a lost VM', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    let count = 0;
    world.host('h1').intercept = ({ kind }) => (kind === 'start' && ++count < 6 ? 'silence' : undefined);
    await world.through(() => world.wish('v1', 0.1));
    await world.run(60);
    expect(world.rack.layout()).toEqual({ h1: ['v1'] });
    expect(world.said('vm.placed')).toHaveLength(1);
  });

  test('a VM whose specification is deleted is stopped; the same name starts anew under a higher epoch', async () => {
    const world = await SchedulerWorld.start({ hosts: 1, policy: 'none' });
    await world.through(() => world.wish('v1', 0.1));
    await world.run(5);
    await world.through(() => world.drop('v1'));
    await world.run(10);
    expect(world.rack.running('v1')).toEqual([]);
    await world.through(() => world.wish('v1', 0.1));
    await world.run(10);
    expect(world.host('h1').residents.get('v1')?.owner.epoch).toBe(3);
    expect(world.decisions()).toContain('stop v1: its specification was deleted');
  });

  test('a VM that ended by itself is not started again, not even by a new scheduler', async () => {
    const world = await SchedulerWorld.start({ hosts: 1, policy: 'none' });
    await world.through(() => world.wish('v1', 0.1));
    await world.run(5);
    await world.through(() => world.host('h1').end('v1'));
    await world.run(10);
    world.crashScheduler();
    await world.through(() => world.bootScheduler());
    await world.run(20);
    expect(world.rack.running('v1')).toEqual([]);
    expect(world.said('vm.placed')).toHaveLength(1);
  });

  test('a new scheduler learns from store and telemetry what the former one knew', async () => {
    const world = await SchedulerWorld.start({ hosts: 3 });
    for (const number of [1, 2, 3]) {
      await world.through(() => world.wish(`v${number}`, 0.1, { pinnedTo: `h${number}` }));
    }
    await world.run(3);
    world.crashScheduler();
    await world.through(() => world.bootScheduler());
    await world.run(60);
    expect(world.rack.layout()).toEqual({ h1: ['v1', 'v2', 'v3'] });
    expect(world.said('vm.placed')).toHaveLength(3);
    expect(hostsOn(world)).toEqual(['h1']);
  });

  test('a scheduler that dies between claim and start leaves the start to the next one', async () => {
    const world = await SchedulerWorld.start({ hosts: 1, policy: 'none' });
    world.host('h1').intercept = ({ kind }) => (kind === 'start' ? 'silence' : undefined);
    await world.through(() => world.wish('v1', 0.1));
    await world.run(3);
    expect(world.said('vm.placed')).toHaveLength(1);
    world.crashScheduler();
    world.host('h1').intercept = undefined;
    await world.through(() => world.bootScheduler());
    await world.run(20);
    expect(world.rack.running('v1')).toEqual(['h1']);
    expect(world.host('h1').residents.get('v1')?.owner.epoch).toBe(1);
  });

  test('a VM that ends before a repeated start arrives is not started again', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    const host = world.host('h1');
    let count = 0;
    // The first start is carried out and its answer lost; the guest ends at once; the second start finds another record.
    host.intercept = (command) => {
      if (command.kind !== 'start' || ++count > 1) return undefined;
      void host.perform(command).then(() => host.end(command.specification.vm));
      return 'silence';
    };
    await world.through(() => world.wish('v1', 0.1));
    await world.run(60);
    expect(count).toBeGreaterThan(1);
    expect(world.said('vm.started')).toHaveLength(1);
    expect(world.rack.running('v1')).toEqual([]);
  });

  test('a host that runs the VM under another epoch keeps it: no second copy elsewhere', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    world.host('h1').intercept = ({ kind }) =>
      kind === 'start' ? { ok: false, code: 'HOST_VM_EXISTS', message: 'it is here already' } : undefined;
    await world.through(() => world.wish('v1', 0.1));
    await world.run(60);
    expect(world.rack.running('v1')).toEqual([]);
    expect(world.host('h2').received).toEqual([]);
  });

  test('a VM that has ended where it ran is not started elsewhere, however late its end is recorded', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    world.host('h1').intercept = ({ kind }) =>
      kind === 'start' ? { ok: false, code: 'HOST_VM_ENDED', message: 'it ran here and ended' } : undefined;
    await world.through(() => world.wish('v1', 0.1));
    await world.run(120);
    expect(world.host('h1').received).toHaveLength(1);
    expect(world.host('h2').received).toEqual([]);
    expect(world.rack.running('v1')).toEqual([]);
  });

  test('a host that falls silent is lost, gets nothing, and is used again when it speaks', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    world.host('h1').isMute = true;
    await world.run(12);
    expect(world.said('host.lost')).toMatchObject([{ host: 'h1', why: 'it has sent no telemetry for 7 s' }]);
    await world.through(() => world.wish('v1', 0.1));
    await world.run(5);
    expect(world.rack.layout()).toEqual({ h2: ['v1'] });
    world.host('h1').isMute = false;
    await world.run(3);
    expect(world.decisions()).toContain('use h1: it sends telemetry again');
  });

  test('a VM whose migration fails stays, rests, and is tried again later', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, parameters: { hostsOnMin: 2 } });
    await world.through(() => world.wish('v1', 0.1, { pinnedTo: 'h1' }));
    await world.through(() => world.wish('v2', 0.1, { pinnedTo: 'h2' }));
    for (const host of world.rack.hosts.values()) host.breaksMigrations = true;
    await world.run(40);
    const failed = world.said('migration.ended').length;
    expect(failed).toBeGreaterThanOrEqual(2);
    expect(failed).toBeLessThanOrEqual(5);
    for (const host of world.rack.hosts.values()) host.breaksMigrations = false;
    await world.run(120);
    expect(Object.values(world.rack.layout())).toEqual([['v1', 'v2']]);
  });

  test('a migration of whose end nobody hears is given up at the deadline', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    await world.through(() => world.wish('v1', 0.1));
    await world.run(5);
    world.host('h1').intercept = ({ kind }) => (kind === 'migrate' ? { ok: true, result: 'x' } : undefined);
    await world.through(() => world.ask({ kind: 'migrate', vm: 'v1', why: 'test' }));
    await world.run(90);
    expect(world.said('scheduler.failed')).toMatchObject([{ why: expect.stringContaining('no word of the end') }]);
    expect(world.host('h1').received.some(({ kind }) => kind === 'cancel')).toBe(true);
    world.host('h1').intercept = undefined;
    expect(await world.through(() => world.ask({ kind: 'migrate', vm: 'v1', why: 'again' }))).toMatchObject({
      ok: true,
    });
    await world.run(5);
    expect(world.rack.layout()).toEqual({ h2: ['v1'] });
  });

  test('serves migrations that are asked for, the same one twice as once', async () => {
    const world = await SchedulerWorld.start({ hosts: 3, policy: 'none' });
    await world.through(() => world.wish('v1', 0.1, { pinnedTo: 'h1' }));
    await world.run(5);
    const ask = () => world.ask({ kind: 'migrate', vm: 'v1', to: 'h3', why: 'maintenance' });
    const [first, second] = await world.through(() => Promise.all([ask(), ask()]));
    expect(first).toMatchObject({ ok: true, result: expect.stringMatching(/^m\d+-1$/) });
    expect(second).toEqual(first);
    await world.run(5);
    expect(world.rack.layout()).toEqual({ h3: ['v1'] });
    expect(await world.through(ask)).toEqual({ ok: true });
    expect(world.said('migration.ended').map(({ report }) => report.detail)).toEqual(['asked for: maintenance']);
  });

  test('refuses what cannot be, and says what could', async () => {
    const world = await SchedulerWorld.start({ hosts: 2, policy: 'none' });
    await world.through(() => world.wish('web1', 0.1));
    await world.run(5);
    const ask = (vm: string, to?: string) =>
      world.through(() => world.ask({ kind: 'migrate', vm, why: '', ...(to === undefined ? {} : { to }) }));
    expect(await ask('web2')).toMatchObject({
      code: 'SCHEDULER_NO_VM',
      message: 'there is no VM web2; did you mean web1?',
    });
    expect(await ask('web1', 'h9')).toMatchObject({ code: 'SCHEDULER_NO_HOST' });
    world.host('h2').power = 'standby';
    await world.run(2);
    expect(await ask('web1', 'h2')).toMatchObject({ code: 'SCHEDULER_HOST_NOT_ON' });
    expect(await world.through(() => world.ask({ kind: 'cancel', migration: 'm1' }))).toMatchObject({
      code: 'SCHEDULER_NO_MIGRATION',
    });
  });

  test('a configuration that names no known policy changes nothing and says what is wrong', async () => {
    const world = await SchedulerWorld.start({ hosts: 1, policy: 'none' });
    await world.through(() => world.configure('consolidat', {}));
    await world.run(2);
    expect(world.said('scheduler.failed').map(({ why }) => why)).toEqual([
      'there is no policy "consolidat"; did you mean "consolidate"? known are balance, consolidate, hot-spot, none; the former one stays',
    ]);
    await world.through(() => world.wish('v1', 0.1));
    await world.run(5);
    expect(world.rack.running('v1')).toEqual(['h1']);
  });

  test('an idle cluster costs one step per interval', async () => {
    const world = await SchedulerWorld.start({ hosts: 1, policy: 'none' });
    await world.run(10);
    world.host('h1').isMute = true;
    const before = world.world.clock.eventsRun;
    await world.run(1000);
    // 500 steps; 1000 ticks of the mute host; a few for the host that is lost.
    expect(world.world.clock.eventsRun - before).toBeLessThan(1520);
  });

  test('under loss, duplicates and a store that forgets to answer, every VM runs once', async () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const faults = { loss: 0.05, duplicate: 0.05, delay: 0.2, delayNs: 2e8, storeLoss: 0.03 };
      const world = await SchedulerWorld.start({ hosts: 4, seed });
      world.world.network.setFaults(faults);
      for (const number of [1, 2, 3, 4, 5, 6]) {
        await world.through(() => world.wish(`v${number}`, 0.1));
      }
      for (let second = 0; second < 200; second++) {
        await world.run(1);
        for (const vm of world.rack.wanted.keys()) expect(world.rack.running(vm).length).toBeLessThanOrEqual(1);
      }
      for (const number of [1, 2, 3, 4, 5, 6]) {
        expect([seed, number, world.rack.running(`v${number}`).length]).toEqual([seed, number, 1]);
      }
    }
  });
});
