// Turns schemas into checkers. Everything that comes over a network or out of a store passes through `decode` once, and is
// trusted after it. Encoding is JSON: control messages are small; what is large goes over PageNetwork.

import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import { codedErrors } from '../runtime/mod.ts';

const ajv = new Ajv({ allErrors: false, strict: true });
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export const protocolErrors = codedErrors({
  PROTOCOL_BAD_MESSAGE: {
    template: '{name}: {field} {problem}; the sender runs another version, or is not ours',
    status: 400,
  },
});

export interface Codec<T> {
  encode(value: T): Uint8Array;
  /** Throws PROTOCOL_BAD_MESSAGE that names the message type, the field and what was expected. */
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
      throw protocolErrors.create('PROTOCOL_BAD_MESSAGE', { name, field, problem: first?.message ?? 'is wrong' });
    },
  };
}

function parse(name: string, payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch (cause) {
    const problem = `of ${payload.byteLength} bytes is not JSON in UTF-8`;
    throw protocolErrors.create('PROTOCOL_BAD_MESSAGE', { name, field: 'the message', problem }, cause);
  }
}
