// Who may come in. Everything but /healthz wants the bearer token, and the Host header must be a name that we go by: a web page whose
// name was bound anew to 127.0.0.1 (DNS rebinding) has the browser send its own name there.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { apiErrors } from './errors.ts';

const OPEN_PATH = '/healthz';
export const LOOPBACK_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

export interface DoorOptions {
  readonly token: string;
  /** Names under which it answers, without ports, besides those of the loopback. */
  readonly hostNames: readonly string[];
}

export function guard(server: FastifyInstance, { token, hostNames }: DoorOptions): void {
  const names = new Set([...LOOPBACK_NAMES, ...hostNames].map((name) => name.toLowerCase()));
  const wanted = digest(`Bearer ${token}`);
  server.addHook('onRequest', async (request) => {
    const host = request.headers.host ?? '';
    if (!names.has(host.toLowerCase().replace(/:\d+$/, ''))) throw apiErrors.create('API_WRONG_HOST', { host });
    if (request.url === OPEN_PATH) return;
    // Digests have one length, and comparing them takes one time.
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), wanted)) {
      throw apiErrors.create('API_UNAUTHORIZED', {});
    }
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
