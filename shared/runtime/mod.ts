// The front door of the runtime: the ports that services are written against, their errors, logs and configuration. The versions behind
// the ports have their own doors: `live/mod.ts` (sockets, files, threads) for main.ts files, `memory/mod.ts` for replays and tests.

export {
  CodedError,
  type CodedErrors,
  codedErrors,
  type ErrorEntry,
  type ErrorTable,
  hasCode,
} from './coded-errors.ts';
export {
  booleanSetting,
  choiceSetting,
  type NumberLimits,
  numberSetting,
  optionalTextSetting,
  readConfiguration,
  type Setting,
  textSetting,
} from './configuration.ts';
export { runtimeErrors } from './errors.ts';
export {
  createLogger,
  LOG_LEVELS,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  silentLogger,
} from './log.ts';
export { type Clock, NS_PER_MS, NS_PER_S, NS_PER_US, type Timer } from './ports/clock.ts';
export type { Executor, ExecutorHost } from './ports/executor.ts';
export type { LocalDisk } from './ports/local-disk.ts';
export { MAX_FRAME_BYTES, type PageListener, type PageNetwork, type PageStream } from './ports/page-network.ts';
export type { Random } from './ports/random.ts';
export type { ServicePorts } from './ports/service-ports.ts';
export type { Bucket, Change, Entry, Log, LogRecord, Store } from './ports/store.ts';
export { MAX_PAYLOAD_BYTES, type Message, type Subscription, type Transport } from './ports/transport.ts';
export { SeededRandom } from './seeded-random.ts';
