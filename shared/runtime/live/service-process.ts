// One service as one process: what every main.ts does. Reads the common part of the environment, opens the live ports, starts the service,
// and ends it on SIGTERM or SIGINT, when the parent is gone (LIGHTSOUT_WATCH_PARENT: our standard input ends), or when something
// failed after which it cannot be trusted. Logs go to standard error.

import { booleanSetting, choiceSetting, numberSetting, readConfiguration, textSetting } from '../configuration.ts';
import { createLogger, LOG_LEVELS, type Logger } from '../log.ts';
import { type LivePorts, openLivePorts } from './live-ports.ts';

export interface RunningService {
  stop(): Promise<void>;
}

export interface ServiceSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ports: LivePorts;
  readonly log: Logger;
  /** Logs the failure and ends the process with exit code 1. */
  readonly fail: (error: unknown) => void;
}

const SETTINGS = {
  natsUrl: textSetting('LIGHTSOUT_NATS_URL'),
  /** Unix time in nanoseconds at cluster time 0, as text: it has more digits than a number keeps. */
  epochNs: textSetting('LIGHTSOUT_CLUSTER_EPOCH_NS'),
  speed: numberSetting('LIGHTSOUT_SPEED', 1, { minimum: 0.001, maximum: 1000 }),
  stateDir: textSetting('LIGHTSOUT_STATE_DIR'),
  watchParent: booleanSetting('LIGHTSOUT_WATCH_PARENT', false),
  logLevel: choiceSetting('LIGHTSOUT_LOG_LEVEL', LOG_LEVELS, 'info'),
};

/** `name` is unique in the cluster. Never returns while the service runs; the process ends with 0, or 1 after a failure. */
export async function runService(
  name: string,
  environment: ServiceSurroundings['environment'],
  start: (surroundings: ServiceSurroundings) => Promise<RunningService>,
): Promise<void> {
  const settings = readConfiguration(environment, SETTINGS);
  const epochMs = Number(BigInt(settings.epochNs) / 1000n) / 1000;
  const ports = await openLivePorts({
    service: name,
    natsServers: settings.natsUrl,
    clock: { epochMs, speed: settings.speed },
    diskRoot: settings.stateDir,
  });
  const log = createLogger({
    service: name,
    level: settings.logLevel,
    clock: ports.clock,
    write: (line) => void process.stderr.write(line),
  });
  const fail = (error: unknown): void => {
    log.error('the service failed and ends', { error });
    process.exit(1);
  };
  process.on('unhandledRejection', fail);
  const service = await start({ environment, ports, log, fail });
  log.info('the service runs', {});
  await endRequest(settings.watchParent);
  await service.stop();
  await ports.close();
  process.exit(0);
}

function endRequest(watchParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
    if (!watchParent) return;
    process.stdin.once('end', () => resolve());
    process.stdin.once('error', () => resolve());
    process.stdin.resume();
  });
}
