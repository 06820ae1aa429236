// The process of one host node: its specification, the folder of guest images, and one thread for its physical CPUs.

import { hostSpecificationCodec } from '../../shared/protocol/mod.ts';
import { FileDisk, LinkedPageNetwork, runService, ThreadExecutor } from '../../shared/runtime/live/mod.ts';
import { numberSetting, readConfiguration, textSetting } from '../../shared/runtime/mod.ts';
import { HOST_WORKER_URL } from '../../shared/vmm/mod.ts';
import { HostNode, paceAtSpeed } from './mod.ts';

const settings = readConfiguration(process.env, {
  specification: textSetting('LIGHTSOUT_HOST_SPECIFICATION'),
  guestsDir: textSetting('LIGHTSOUT_GUESTS_DIR'),
  /** 0: the link is the machine's own. */
  linkBitsPerSecond: numberSetting('LIGHTSOUT_LINK_BITS_PER_SECOND', 0, { minimum: 0 }),
  linkLatencyNs: numberSetting('LIGHTSOUT_LINK_LATENCY_NS', 0, { minimum: 0 }),
});
const specification = hostSpecificationCodec.decode(new TextEncoder().encode(settings.specification));

await runService(specification.host, process.env, async ({ ports, log, fail }) => {
  const executor = new ThreadExecutor({ threads: 1, workerUrl: HOST_WORKER_URL });
  const { linkBitsPerSecond: bitsPerSecond, linkLatencyNs: latencyNs } = settings;
  const pages =
    bitsPerSecond === 0 ? ports.pages : new LinkedPageNetwork(ports.pages, ports.clock, { latencyNs, bitsPerSecond });
  const node = new HostNode(
    { ...ports.withExecutor(executor), pages },
    {
      specification,
      images: new FileDisk(settings.guestsDir),
      pace: paceAtSpeed(ports.clock.speed),
      log,
      onFailure: fail,
    },
  );
  await node.start();
  return {
    async stop() {
      await node.stop();
      await executor.close();
    },
  };
});
