// A physical machine as a service.

export { LAG_LIMIT_NS, type Pace, paceAtSpeed, QUANTUM_NS } from './cpu-loop.ts';
export { HostNode, type HostNodeOptions } from './host-node.ts';
