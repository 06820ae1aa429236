// A physical machine as a service.

export { HostNode, type HostNodeOptions } from './host-node.ts';
