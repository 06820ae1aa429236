// Live versions of the ports: wall clock, NATS and JetStream, TCP, files and threads. Only main.ts files, the CLI, benchmarks and tests
// import this door.

export {
  type BlockingExecutor,
  type BlockingExecutorHost,
  ThreadExecutor,
  type ThreadExecutorOptions,
} from './executor.ts';
export { type ExecutorHandlers, type HostRunner, serveExecutor } from './executor-worker.ts';
