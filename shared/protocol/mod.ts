// The language of the control plane: subjects, messages, what is stored, and their schemas.

export * from './commands.ts';
export { EventWriter } from './event-writer.ts';
export * from './events.ts';
export { type Codec, codec, protocolErrors } from './schema.ts';
export * from './specifications.ts';
export { subjects } from './subjects.ts';
export * from './telemetry.ts';
