import { describe, expect, test } from 'vitest';
import { VirtualWorld } from '../runtime/memory/mod.ts';
import { type Clock, NS_PER_S, type Timer } from '../runtime/mod.ts';
import { Conductor } from './conductor.ts';
import { loadScenario } from './load-scenario.ts';
import type { Progress, ScenarioResult } from './result.ts';
import { standardTables } from './standard-tables.ts';
import { TinyHost, type TinyOptions, TinyScheduler } from './testdata/tiny-cluster.ts';

const HEAD = `
name: tiny
duration: 1m
hosts:
  - { name: 'host-{n}', count: 2, speed: 2MIPS, memory: 64MiB, power: { watts: [50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100] }, standbyPower: 5W }
vms:
  - { name: 'vm-{n}', count: 2, image: burn, memory: 1MiB, host: 'host-{n}' }
`;

interface Run {
  readonly result: ScenarioResult;
  readonly events: readonly {
    readonly kind: string;
    readonly timeNs: number;
    readonly what?: string;
    readonly line?: string;
  }[];
  readonly text: string;
  readonly progress: readonly Progress[];
}

async function play(body: string, options: TinyOptions = {}, seed = 1, absent: readonly string[] = []): Promise<Run> {
  const scenario = loadScenario(HEAD + body, 'tiny.yaml', standardTables());
  const world = new VirtualWorld({ seed });
  const tiny = { greeting: 'hello', ...options };
  const hosts = scenario.hosts.map((host) => new TinyHost(world.boot(host.host), host, tiny));
  const progress: Progress[] = [];
  let text = '';
  const conductor = new Conductor(world.boot('scenario'), scenario, {
    mode: 'virtual',
    seed,
    sink: {
      event: (line) => {
        text += line;
      },
      telemetry: () => undefined,
    },
    onProgress: (each) => progress.push(each),
  });
  const run = async () => {
    await conductor.prepare();
    await new TinyScheduler(world.boot('scheduler'), hosts, tiny).start();
    for (const host of hosts) if (!absent.includes(host.name)) host.start();
    return conductor.run();
  };
  const result = await world.clock.runUntilSettled(run());
  const events = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Run['events'][number]);
  return { result, events, text, progress };
}

describe('the conductor', () => {
  test('types the load once on each console, wherever the VM is, even while it moves', async () => {
    const commands: string[] = [];
    const { result, events } = await play(
      `
load:
  - { vms: vm-*, line: 'rate {value}', steps: [{ at: 0s, value: 100 }, { at: 10.51s, value: 200 }, { at: 30s, value: 200 }] }
events:
  - { do: migrate, vm: vm-1, to: host-2, at: 10s }
expectations:
  - console: { vms: vm-*, matches: '^heard rate 100$', count: 1 }
  - console: { vms: vm-*, matches: '^heard rate 200$', count: 1 }
  - migrations: { completed: 1, failed: 0 }
  - downtime: { max: 20ms }
  - vmsLost: 0
`,
      {
        onCommand: (host, command) =>
          command.kind === 'type' && commands.push(`${host} ${command.vm} ${command.input}`),
      },
    );
    expect(result.expectations.filter((each) => !each.met)).toEqual([]);
    expect(result.passed).toBe(true);
    // The record said host-1 for a moment after vm-1 had left, so the first attempt was refused there.
    expect(commands.filter((command) => command.startsWith('host-1 vm-1')).length).toBeGreaterThanOrEqual(2);
    expect(commands.some((command) => command.startsWith('host-2 vm-1'))).toBe(true);
    expect(events.filter((event) => event.kind === 'vm.console' && event.line?.startsWith('heard')).length).toBe(4);
    expect(result.migrations).toMatchObject([
      { vm: 'vm-1', from: 'host-1', to: 'host-2', outcome: 'completed', downtimeMs: 20, totalMs: 500, rounds: 2 },
    ]);
  });

  test('equal seeds give equal bytes, another seed others', async () => {
    const body = `
load:
  - { vms: vm-*, line: 'rate {value}', sine: { mean: 500, amplitude: 100, period: 30s, every: 5s }, noise: 10% }
`;
    const [first, second, other] = await Promise.all([play(body), play(body), play(body, {}, 2)]);
    expect(second.text).toBe(first.text);
    expect(second.result).toEqual(first.result);
    expect(other.result.eventsSha256).not.toBe(first.result.eventsSha256);
  });

  test('the log is in the order of time, source and sequence, and its digest is that of its bytes', async () => {
    const { text, result } = await play('');
    const { createHash } = await import('node:crypto');
    expect(createHash('sha256').update(text).digest('hex')).toBe(result.eventsSha256);
    const keys = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { timeNs: number; source: string; sequence: number })
      .map(
        ({ timeNs, source, sequence }) =>
          `${String(timeNs).padStart(16, '0')} ${source} ${String(sequence).padStart(8, '0')}`,
      );
    expect(keys).toEqual(keys.toSorted());
    expect(keys.length).toBe(result.eventCount);
  });

  test('performs every kind of event and tells what the cluster refused', async () => {
    const { result } = await play(`
events:
  - { do: migrate, vm: vm-1, to: host-2, at: 5s }
  - { do: standby, host: host-1, at: 10s }
  - { do: wake, host: host-1, at: 20s }
  - { do: migrate, vm: vm-1, to: host-1, at: 25s }
  - { do: cancel-migration, vm: vm-1, at: 25.2s }
  - { do: cancel-migration, vm: vm-2, at: 26s }
  - { do: type, vms: vm-2, line: how are you, at: 30s }
  - { do: migrate, vm: vm-2, to: host-2, at: 31s }
  - { do: stop, vm: vm-2, at: 40s }
expectations:
  - hostsOn: { min: 1, max: 2, end: 2, at: 15s, is: 1 }
  - hostsOn: { reaches: 1, from: 9s, within: 11s }
  - migrations: { completed: 1, cancelled: 1, failed: 0 }
  - console: { vms: vm-2, matches: how are you, within: 31s }
  - events: { kind: host.standby, where: { host: host-1 }, count: 1 }
  - events: { kind: migration.ended, where: { report.outcome: cancelled } }
  - vmsLost: 0
`);
    expect(result.expectations.filter((each) => !each.met)).toEqual([]);
    expect(result.warnings).toEqual([
      'at 26 s: cancel the migration of vm-2: it is in none',
      'at 31 s: migrate vm-2 to host-2: vm-2 cannot go to host-2',
    ]);
    expect(result.vms).toMatchObject([
      { vm: 'vm-1', state: 'running', host: 'host-2' },
      { vm: 'vm-2', state: 'stopped', host: 'host-2' },
    ]);
  });

  test('expectations that do not hold are told with what was found, and the run has not passed', async () => {
    const { result } = await play(
      `
expectations:
  - hostsOn: { min: 1 }
  - hostsOn: { reaches: 0, within: 5s }
  - vmsLost: 0
  - migrations: { completed: { atLeast: 1 } }
  - downtime: { p95: 1s }
  - energy: { atMost: 50% }
  - console: { vms: vm-1, matches: never said }
  - console: { vms: vm-1, matches: hello, count: 0 }
  - { events: { kind: vm.refused }, only: live }
`,
      { refused: ['vm-2'] },
    );
    expect(result.passed).toBe(false);
    expect(result.vmsLost).toBe(1);
    expect(result.expectations.map(({ met, detail }) => `${met}: ${detail}`)).toEqual([
      'false: 2 on',
      'false: 2 to 2 on in that time',
      'false: vm-2: never started: no room',
      'false: 0 completed',
      'false: no migration was completed',
      expect.stringMatching(/^false: (99|100)\.?\d* %$/),
      'false: vm-1 0 times',
      'false: vm-1 1 times; last vm-1: hello',
      'true: none did',
    ]);
  });

  test('energy is that of the power models, and is compared with all hosts on and even load', async () => {
    const { result } = await play(
      'events:\n  - { do: migrate, vm: vm-1, to: host-2, at: 0s }\n  - { do: standby, host: host-1, at: 10s }\n',
    );
    // All on: two VMs of a quarter each on two hosts, 62.5 W each.
    expect(result.energy.allOnJoules).toBeCloseTo(2 * 62.5 * 60, 0);
    // host-1: 10 s on (the first half second at 25 %), 50 s at 5 W; host-2: 75 W at 50 %.
    expect(result.energy.joules).toBeGreaterThan(10 * 50 + 50 * 5 + 59 * 75);
    expect(result.energy.joules).toBeLessThan(10 * 50 + 50 * 5 + 61 * 75 + 40);
    expect(result.hosts[0]!.strip.slice(11)).toEqual(Array(49).fill(null));
    expect(result.hosts[0]!.onMs).toBeCloseTo(10_000, -2);
    expect(result.hosts[1]!.strip[30]).toBe(0.5);
    expect(result.timeline.hostsOn[5]).toBe(2);
    expect(result.timeline.hostsOn[30]).toBe(1);
  });

  test('nothing is typed on a guest that has not said a word, and that is told', async () => {
    const { result } = await play("load: [{ vms: vm-1, line: 'rate {value}', steps: [{ at: 0, value: 1 }] }]\n", {
      greeting: undefined,
    });
    expect(result.warnings).toEqual(['at 30 s: not typed on vm-1, which has not said a word yet: rate 1']);
  });

  test('hosts that never join end the run with their names', async () => {
    await expect(play('', {}, 1, ['host-2'])).rejects.toMatchObject({
      code: 'SCENARIO_HOSTS_ABSENT',
      message: expect.stringContaining('1 of 2 hosts joined within 60 s'),
      exitCode: 3,
    });
  });

  test('progress goes from joining to done, and its time from 0 to the end', async () => {
    const { progress } = await play('');
    expect([...new Set(progress.map((each) => each.phase))]).toEqual(['joining', 'starting', 'running', 'done']);
    expect(progress.at(-1)).toMatchObject({ timeNs: 60 * NS_PER_S, hostsOn: 2, vmsRunning: 2 });
  });

  test('a run that is stopped leaves no timer to wait for', async () => {
    const body = "load: [{ vms: vm-1, line: 'duty {value}', steps: [{ at: 50s, value: 10 }] }]\n";
    const scenario = loadScenario(HEAD + body, 'tiny.yaml', standardTables());
    const world = new VirtualWorld({ seed: 1 });
    const tiny = { greeting: 'hello' };
    const hosts = scenario.hosts.map((host) => new TinyHost(world.boot(host.host), host, tiny));
    const ports = world.boot('scenario');
    const waiting = new Set<object>();
    const at = (timeNs: number, callback: () => void): Timer => {
      const timer = ports.clock.at(timeNs, () => {
        waiting.delete(timer);
        callback();
      });
      waiting.add(timer);
      const cancel = () => {
        waiting.delete(timer);
        timer.cancel();
      };
      return { cancel };
    };
    const clock: Clock = { now: () => ports.clock.now(), at, sleep: (...args) => ports.clock.sleep(...args) };
    const stop = new AbortController();
    const conductor = new Conductor({ ...ports, clock }, scenario, {
      mode: 'virtual',
      seed: 1,
      signal: stop.signal,
      onProgress: ({ phase, timeNs }) => {
        if (phase === 'running' && timeNs >= 20 * NS_PER_S) stop.abort();
      },
    });
    const run = async () => {
      await conductor.prepare();
      await new TinyScheduler(world.boot('scheduler'), hosts, tiny).start();
      for (const host of hosts) host.start();
      return conductor.run();
    };
    await expect(world.clock.runUntilSettled(run())).rejects.toMatchObject({ code: 'SCENARIO_STOPPED' });
    // The next tick of the progress is one telemetry interval away at most.
    expect(waiting.size).toBeLessThanOrEqual(1);
  });
});
