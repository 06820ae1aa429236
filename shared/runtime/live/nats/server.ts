// Starts a nats-server of our own with JetStream: for a local cluster and for tests. The server picks a free port when none is given and
// writes it to a file when it is ready, which works whether or not it outlives us.

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runtimeErrors } from '../../errors.ts';

export interface NatsServerOptions {
  /** Kept between runs: JetStream's files, the server's configuration and its log. */
  readonly storeDir: string;
  /** The program; see findNatsServer. */
  readonly binary: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  /** Lines for the server's configuration file, after ours. */
  readonly configuration?: string;
  /** Lives on when we end; somebody else stops it by its process id. Default false. */
  readonly detached?: boolean;
  /** Default 10 s. */
  readonly readyDeadlineMs?: number;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has ended, with what was said about it. */
  readonly ended: Promise<string>;
  /** Asks it to end, and makes it. */
  stop(): Promise<void>;
}

const DEFAULT_READY_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 5_000;
const LOOK_EVERY_MS = 10;

/** The variable NATS_SERVER, the checkout's own copy, then the path. Undefined when there is none. */
export function findNatsServer(
  environment: Readonly<Record<string, string | undefined>>,
  checkoutDir: string,
): string | undefined {
  const named = environment['NATS_SERVER'];
  const folders = [...(environment['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  const candidates = [
    ...(named === undefined || named === '' ? [] : [named]),
    join(checkoutDir, '.lightsout', 'tools', 'nats-server', 'nats-server'),
    ...folders.filter((folder) => folder !== '').map((folder) => join(folder, 'nats-server')),
  ];
  return candidates.find(isExecutable);
}

export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const { storeDir, binary, host = '127.0.0.1', port = 0, detached = false } = options;
  mkdirSync(storeDir, { recursive: true });
  const logFile = join(storeDir, 'nats-server.log');
  const configurationFile = join(storeDir, 'nats-server.conf');
  writeFileSync(configurationFile, configurationOf(storeDir, host, port, options.configuration ?? ''));
  const log = openSync(logFile, 'a');
  const child = spawn(binary, ['-c', configurationFile], { detached, stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = endOf(child, binary);
  if (!detached) takeAlong(child, ended);
  const stop = (): Promise<void> => stopServer(child, ended);
  try {
    const url = await readyUrl(options, child, ended, logFile);
    if (detached) child.unref();
    return { url, port: Number(new URL(url).port), pid: child.pid!, logFile, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configurationOf(storeDir: string, host: string, port: number, more: string): string {
  const quoted = JSON.stringify;
  return [
    `listen: ${quoted(`${host}:${port === 0 ? -1 : port}`)}`,
    `ports_file_dir: ${quoted(storeDir)}`,
    `jetstream { store_dir: ${quoted(join(storeDir, 'jetstream'))} }`,
    more,
    '',
  ].join('\n');
}

async function readyUrl(
  options: NatsServerOptions,
  child: ChildProcess,
  ended: Promise<string>,
  logFile: string,
): Promise<string> {
  const deadlineMs = options.readyDeadlineMs ?? DEFAULT_READY_DEADLINE_MS;
  const untilMs = performance.now() + deadlineMs;
  let end: string | undefined;
  void ended.then((how) => {
    end = how;
  });
  const address = `${options.host ?? '127.0.0.1'}:${options.port ?? 0}`;
  for (;;) {
    const url = child.pid === undefined ? undefined : urlFromPortsFile(options.storeDir, child.pid);
    if (url !== undefined) return url;
    if (end !== undefined || performance.now() > untilMs) {
      const how = end ?? `not ready within ${deadlineMs / 1000} s`;
      const parameters = { what: 'a nats-server started here', address, reason: `${how}; ${lastLines(logFile)}` };
      throw runtimeErrors.create('RUNTIME_UNREACHABLE', parameters);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function urlFromPortsFile(storeDir: string, pid: number): string | undefined {
  try {
    const ports = JSON.parse(readFileSync(join(storeDir, `nats-server_${pid}.ports`), 'utf8'));
    return (ports as { readonly nats?: readonly string[] }).nats?.[0];
  } catch {
    // Not there yet, or half written.
    return undefined;
  }
}

function endOf(child: ChildProcess, binary: string): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`${binary} cannot be started: ${error.message}`));
    child.once('exit', (exitCode, signal) => resolve(`it ended with ${signal ?? `exit code ${exitCode}`}`));
  });
}

/** A server that is not detached goes when we go, in whatever way we end by ourselves. */
function takeAlong(child: ChildProcess, ended: Promise<string>): void {
  const kill = (): boolean => child.kill('SIGTERM');
  process.once('exit', kill);
  void ended.then(() => process.off('exit', kill));
}

async function stopServer(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(patience);
}

function lastLines(logFile: string): string {
  try {
    return `its log ${logFile} ends: ${readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-3).join(' | ')}`;
  } catch {
    return `it has no log in ${logFile}`;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
