// A scenario in one process on virtual time: the same services that a live cluster runs as processes, over the in-memory ports, with
// the VMs on any number of threads. The same scenario and seed give the same events, byte for byte.

import { loadPolicyFile, type PolicyEntry } from '../../shared/policies/mod.ts';
import { ThreadExecutor } from '../../shared/runtime/live/mod.ts';
import { VirtualExecutor, VirtualWorld } from '../../shared/runtime/memory/mod.ts';
import { type LocalDisk, type Logger, silentLogger } from '../../shared/runtime/mod.ts';
import {
  Conductor,
  type Progress,
  type RunSink,
  type Scenario,
  type ScenarioResult,
} from '../../shared/scenario/mod.ts';
import { HOST_WORKER_URL } from '../../shared/vmm/mod.ts';
import { HostNode } from '../host-node/mod.ts';
import { Scheduler } from '../scheduler/mod.ts';

export interface ReplayOptions {
  readonly seed: number;
  /** Threads that run VMs; 0 runs them on this one. */
  readonly threads: number;
  /** Guest images: `<image>.elf`. */
  readonly images: LocalDisk;
  readonly log?: Logger;
  readonly sink?: RunSink;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Rejects with the first failure of any service, with SCENARIO_… of the conductor, or with RUNTIME_STALLED. */
export async function replayScenario(scenario: Scenario, options: ReplayOptions): Promise<ScenarioResult> {
  const { file } = scenario.configuration.policy;
  // In virtual time a file must not be waited for.
  const policyFile = file === undefined ? undefined : await loadPolicyFile(file);
  const threads = new ThreadExecutor({
    threads: options.threads,
    workerUrl: HOST_WORKER_URL,
    callerHelps: true,
  });
  const world = new VirtualWorld({
    seed: options.seed,
    executor: (clock) => new VirtualExecutor(clock, threads),
    link: scenario.link,
    links: scenario.links,
  });
  try {
    return await new Replay(world, scenario, options, policyFile).run();
  } finally {
    await threads.close();
  }
}

class Replay {
  readonly #world: VirtualWorld;
  readonly #scenario: Scenario;
  readonly #options: ReplayOptions;
  readonly #policyFile: PolicyEntry | undefined;
  readonly #log: Logger;
  #fail: (error: unknown) => void = () => undefined;

  constructor(world: VirtualWorld, scenario: Scenario, options: ReplayOptions, policyFile: PolicyEntry | undefined) {
    this.#policyFile = policyFile;
    this.#world = world;
    this.#scenario = scenario;
    this.#options = options;
    this.#log = options.log ?? silentLogger();
  }

  async run(): Promise<ScenarioResult> {
    const failure = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    return await this.#world.clock.runUntilSettled(Promise.race([failure, this.#play()]), 'the scenario');
  }

  async #play(): Promise<ScenarioResult> {
    const { sink, onProgress, signal, seed } = this.#options;
    const conductor = new Conductor(this.#world.boot('scenario'), this.#scenario, {
      mode: 'virtual',
      seed,
      ...(sink === undefined ? {} : { sink }),
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    });
    await conductor.prepare();
    const service = { log: this.#log, onFailure: (error: unknown) => this.#fail(error) };
    const policyFile = this.#policyFile;
    const loadPolicy = policyFile === undefined ? {} : { loadPolicy: () => Promise.resolve(policyFile) };
    await new Scheduler(this.#world.boot('scheduler'), { ...service, ...loadPolicy }).start();
    for (const specification of this.#scenario.hosts) {
      const images = this.#options.images;
      await new HostNode(this.#world.boot(specification.host), {
        specification,
        images,
        ...service,
      }).start();
    }
    return conductor.run();
  }
}
