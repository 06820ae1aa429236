// The script of an executor's thread: for each host that is made known, its CPUs over its memory.

import { Core, compileInterpreter } from '../machine/mod.ts';
import { serveExecutor } from '../runtime/live/executor-worker.ts';
import { HostCpus } from './host-cpus.ts';
import { HostMemory } from './host-memory.ts';

serveExecutor({
  attach: (_hostId, memory) => new HostCpus(HostMemory.attach(memory), new Core(compileInterpreter(), memory)),
});
