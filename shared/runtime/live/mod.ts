// Live versions of the ports: wall clock, NATS and JetStream, TCP, files and threads. Only main.ts files, the CLI, benchmarks and tests
// import this door.

export {
  type BlockingExecutor,
  type BlockingExecutorHost,
  ThreadExecutor,
  type ThreadExecutorOptions,
} from './executor.ts';
export { type ExecutorHandlers, type HostRunner, serveExecutor } from './executor-worker.ts';
export { FileDisk } from './file-disk.ts';
export { type HostLink, LinkedPageNetwork } from './linked-page-network.ts';
export { type LivePorts, type LivePortsOptions, openLivePorts } from './live-ports.ts';
export {
  findNatsServer,
  NatsClient,
  type NatsClientOptions,
  type NatsServer,
  type NatsServerOptions,
  type NatsStatus,
  NatsStore,
  type NatsStoreOptions,
  NatsTransport,
  startNatsServer,
} from './nats/mod.ts';
export { openRandom } from './random.ts';
export { type RunningService, runService, type ServiceSurroundings } from './service-process.ts';
export { TcpPageNetwork, type TcpPageNetworkOptions } from './tcp-page-network.ts';
export type { StreamDeadlines } from './tcp-page-stream.ts';
export { WallClock, type WallClockOptions } from './wall-clock.ts';
