// A physical machine as a service.

export { QUANTUM_NS } from './cpu-loop.ts';
export { HostNode, type HostNodeOptions } from './host-node.ts';
