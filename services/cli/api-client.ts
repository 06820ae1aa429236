// How the command line speaks to the API of a cluster (docs/decisions/0030): requests with the cluster's token, refusals as errors with an exit
// code, events line by line.

import { readFileSync } from 'node:fs';
import { type ClusterEvent, clusterEventCodec } from '../../shared/protocol/mod.ts';
import { clusterPath, isAlive, readRecord, tokenPath } from './cluster-record.ts';
import { cliErrors, EXIT } from './errors.ts';
import { LineReader } from './line-reader.ts';
import type { Surroundings } from './surroundings.ts';

/** A refusal in the API's own words. */
export class ApiRefusal extends Error {
  readonly code: string;
  readonly exitCode: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiRefusal';
    this.code = code;
    this.exitCode = exitCodeOf(status);
  }
}

/** What was asked for cannot be (1), makes no sense (2), or lacks something (3). */
function exitCodeOf(status: number): number {
  if (status === 409 || status === 507) return EXIT.failed;
  return status < 500 && status !== 401 ? EXIT.badInput : EXIT.missing;
}

export class ApiClient {
  readonly #url: string;
  readonly #token: string;
  readonly #interrupted: AbortSignal;

  private constructor(url: string, token: string, interrupted: AbortSignal) {
    this.#url = url;
    this.#token = token;
    this.#interrupted = interrupted;
  }

  /** Throws CLI_NO_CLUSTER or CLI_CLUSTER_BROKEN. */
  static of(surroundings: Surroundings, name: string): ApiClient {
    const { checkoutPath, interrupted } = surroundings;
    const record = readRecord(checkoutPath, name);
    if (record === undefined) throw cliErrors.create('CLI_NO_CLUSTER', { name });
    const path = clusterPath(checkoutPath, name);
    const dead = record.processes.filter((process) => !isAlive(process)).map((process) => process.name);
    if (dead.length > 0) {
      throw cliErrors.create('CLI_CLUSTER_BROKEN', { name, dead: dead.join(', '), logs: `${path}/logs` });
    }
    return new ApiClient(record.apiUrl, readFileSync(tokenPath(path), 'utf8').trim(), interrupted);
  }

  async ask(method: string, path: string, body?: object): Promise<unknown> {
    return (await this.#request(method, path, this.#interrupted, body)).json();
  }

  /** Events from the moment this resolves, until `leave` or the user's interruption. */
  async events(query: string, leave: AbortSignal): Promise<AsyncGenerator<ClusterEvent>> {
    const signal = AbortSignal.any([leave, this.#interrupted]);
    const response = await this.#request('GET', `/v1/events?${query}`, signal);
    return lines(response, signal);
  }

  async #request(method: string, path: string, signal: AbortSignal, body?: object): Promise<Response> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    let response: Response;
    try {
      response = await fetch(`${this.#url}${path}`, { method, headers, signal, ...content });
    } catch (error) {
      if (this.#interrupted.aborted) throw cliErrors.create('CLI_API_INTERRUPTED', {}, error);
      throw cliErrors.create('CLI_API_SILENT', { url: this.#url, reason: (error as Error).message }, error);
    }
    if (response.ok) return response;
    const problem = (await response.json()) as { code: string; message: string };
    throw new ApiRefusal(response.status, problem.code, problem.message);
  }
}

async function* lines(response: Response, signal: AbortSignal): AsyncGenerator<ClusterEvent> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let ready: string[] = [];
  const reader = new LineReader((line) => ready.push(line));
  try {
    for await (const chunk of response.body!) {
      reader.push(decoder.decode(chunk as Uint8Array, { stream: true }));
      for (const line of ready) yield clusterEventCodec.decode(encoder.encode(line));
      ready = [];
    }
  } catch (error) {
    // Leaving is how following ends.
    if (!signal.aborted) throw error;
  }
}
