// The process of one host node: its specification, the folder of guest images, and one thread for its physical CPUs.

import { hostSpecificationCodec } from '../../shared/protocol/mod.ts';
import { FileDisk, runService, ThreadExecutor } from '../../shared/runtime/live/mod.ts';
import { numberSetting, readConfiguration, textSetting } from '../../shared/runtime/mod.ts';
import { HOST_WORKER_URL } from '../../shared/vmm/mod.ts';
import { HostNode, QUANTUM_NS } from './mod.ts';

const settings = readConfiguration(process.env, {
  specification: textSetting('LIGHTSOUT_HOST_SPECIFICATION'),
  guestsDir: textSetting('LIGHTSOUT_GUESTS_DIR'),
  quantumNs: numberSetting('LIGHTSOUT_QUANTUM_NS', QUANTUM_NS, { minimum: 100_000 }),
});
const specification = hostSpecificationCodec.decode(new TextEncoder().encode(settings.specification));

await runService(specification.host, process.env, async ({ ports, log, fail }) => {
  const executor = new ThreadExecutor({ threads: 1, workerUrl: HOST_WORKER_URL });
  const node = new HostNode(ports.withExecutor(executor), {
    specification,
    images: new FileDisk(settings.guestsDir),
    quantumNs: settings.quantumNs,
    log,
    onFailure: fail,
  });
  await node.start();
  return {
    async stop() {
      await node.stop();
      await executor.close();
    },
  };
});
