// Replays a scenario live: a cluster of processes on this machine, and the conductor here, on the same ports as any service.

import { join } from 'node:path';
import { RunFolder } from '../../shared/report/mod.ts';
import { FileDisk, openLivePorts } from '../../shared/runtime/live/mod.ts';
import { hasCode, NS_PER_S, SeededRandom } from '../../shared/runtime/mod.ts';
import { Conductor, type Progress, type Scenario, type ScenarioResult } from '../../shared/scenario/mod.ts';
import { logTail } from './child-group.ts';
import { cliErrors } from './errors.ts';
import { LocalCluster } from './local-cluster.ts';
import type { Surroundings } from './surroundings.ts';

/** Chosen: seconds of the wall clock for all processes to start and join, and for all VMs to boot. */
const JOIN_LIMIT_S = 60;
const START_LIMIT_S = 60;

export interface LiveReplayOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Of the clock; at most what the machine allows. */
  readonly speed: number;
  readonly outPath: string | null;
  readonly onProgress: (progress: Progress) => void;
}

export async function replayLive(surroundings: Surroundings, options: LiveReplayOptions): Promise<ScenarioResult> {
  const { interrupted, processId, clock } = surroundings;
  const name = `replay-${processId}`;
  const cluster = await LocalCluster.start(surroundings, {
    name,
    speed: options.speed,
    epochMs: clock.epochMs,
    daemons: false,
  });
  const stopping = new AbortController();
  let dead: Error | undefined;
  cluster.children.onDeath((child, how) => {
    const { name: service, logPath: log } = child;
    dead ??= cliErrors.create('CLI_SERVICE_ENDED', { service, how, log, tail: logTail(log) });
    stopping.abort(dead);
  });
  cluster.onNatsDeath((how) => {
    const log = cluster.natsLogPath;
    dead ??= cliErrors.create('CLI_SERVICE_ENDED', { service: 'nats-server', how, log, tail: logTail(log) });
    stopping.abort(dead);
  });
  let hasResult = false;
  try {
    const result = await conduct(cluster, surroundings, options, AbortSignal.any([stopping.signal, interrupted]));
    hasResult = true;
    return result;
  } catch (error) {
    if (interrupted.aborted && hasCode(error, 'SCENARIO_STOPPED')) throw cliErrors.create('CLI_INTERRUPTED', {}, error);
    throw dead ?? error;
  } finally {
    await cluster.stop();
    // The logs of a run that did not come to its end are evidence.
    if (hasResult || interrupted.aborted) cluster.removeFolder();
  }
}

async function conduct(
  cluster: LocalCluster,
  surroundings: Surroundings,
  options: LiveReplayOptions,
  signal: AbortSignal,
): Promise<ScenarioResult> {
  const { scenario, seed, speed, outPath, onProgress } = options;
  const ports = await openLivePorts({
    service: 'scenario',
    natsServers: cluster.natsUrl,
    clock: { epochMs: surroundings.clock.epochMs, speed },
    seed,
    diskRoot: join(cluster.path, 'state'),
  });
  const folder = outPath === null ? undefined : await RunFolder.open(new FileDisk(outPath));
  try {
    const conductor = new Conductor({ ...ports, random: new SeededRandom(seed) }, scenario, {
      mode: 'live',
      seed,
      speed,
      joinLimitNs: JOIN_LIMIT_S * speed * NS_PER_S,
      startLimitNs: START_LIMIT_S * speed * NS_PER_S,
      onProgress,
      signal,
      ...(folder === undefined ? {} : { sink: folder }),
    });
    await conductor.prepare();
    await cluster.startServices(
      scenario.hosts.map((specification) => ({ specification, link: scenario.links[specification.host] })),
    );
    const result = await conductor.run();
    await folder?.close(result);
    return result;
  } finally {
    await ports.close();
  }
}
