// Runs the VMs of hosts on threads. A host's memory is shared with the threads and holds all there is to know (which VMs run,
// their registers, their budgets), so a task is only "this host, from here to there", and what happened is read
// from the same memory afterwards. While a task is under way, the host's memory belongs to the thread.

export interface ExecutorHost {
  /** Runs the host's physical CPUs from `fromNs` to `toNs` of cluster time. One task at a time. Rejects when the thread died. */
  run(fromNs: number, toNs: number): Promise<void>;
  /** Drops the threads' views of the memory. The host must be quiet. */
  detach(): Promise<void>;
}

export interface Executor {
  /** Makes a host's physical RAM known to the threads. `memory` is shared; `hostId` is for messages. */
  attach(hostId: string, memory: WebAssembly.Memory): Promise<ExecutorHost>;
  close(): Promise<void>;
}
