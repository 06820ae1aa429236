// Turns schemas into checkers. Everything that comes over a network or out of a store passes through `decode` once, and is
// trusted after it. Encoding is JSON: control messages are small; what is large goes over PageNetwork.

import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';

const ajv = new Ajv({ allErrors: false, strict: true });
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A message that does not follow its schema, or is not JSON at all. */
export class ProtocolError extends Error {
  readonly code = 'PROTOCOL_BAD_MESSAGE';
}

export interface Codec<T> {
  encode(value: T): Uint8Array;
  /** Throws ProtocolError that names the message type, the field and what was expected. */
  decode(payload: Uint8Array): T;
}

export function codec<S extends TSchema>(name: string, schema: S): Codec<Static<S>> {
  let validate: ValidateFunction<Static<S>> | undefined;
  return {
    encode: (value) => encoder.encode(JSON.stringify(value)),
    decode(payload) {
      const value = parse(name, payload);
      validate ??= ajv.compile<Static<S>>(schema);
      if (validate(value)) return value;
      const first = validate.errors?.[0];
      const field = first?.instancePath === '' ? 'the message' : `field ${first?.instancePath}`;
      throw new ProtocolError(`${name}: ${field} ${first?.message}. The sender runs another version, or is not ours.`);
    },
  };
}

function parse(name: string, payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch (cause) {
    throw new ProtocolError(`${name}: expected JSON in UTF-8, got ${payload.byteLength} bytes that are not.`, {
      cause,
    });
  }
}
