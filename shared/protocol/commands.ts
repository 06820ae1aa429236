// Requests to a host node and to the scheduler, and their answers. Each command may be repeated: a second `start` of a VM that
// runs under the same epoch, or a second `migrate` with the same migration name, answers as the first did.

import { type Static, Type } from '@sinclair/typebox';
import { codec } from './schema.ts';
import { MigrationLimits, Name, OwnerRecord, VmSpecification } from './specifications.ts';

const strict = { additionalProperties: false };
const kind = <K extends string>(name: K) => Type.Literal(name);

export const HostCommand = Type.Union([
  /** Starts a VM that this host owns by `owner`; refused when the owner record says otherwise. */
  Type.Object({ kind: kind('start'), specification: VmSpecification, owner: OwnerRecord }, strict),
  Type.Object({ kind: kind('stop'), vm: Name }, strict),
  /** Begins a live migration and answers at once; how it ends is told by events. */
  Type.Object(
    {
      kind: kind('migrate'),
      migration: Name,
      vm: Name,
      to: Name,
      pageAddress: Type.String(),
      limits: MigrationLimits,
      why: Type.String(),
    },
    strict,
  ),
  Type.Object({ kind: kind('cancel'), migration: Name }, strict),
  /** Types text on the VM's console. Accepted whole or refused whole. `input` makes a repetition harmless. */
  Type.Object({ kind: kind('type'), vm: Name, input: Type.String(), text: Type.String({ maxLength: 1024 }) }, strict),
  /** Powers the host down to its management controller; refused while it has VMs or migrations. */
  Type.Object({ kind: kind('standby'), why: Type.String() }, strict),
  Type.Object({ kind: kind('wake'), why: Type.String() }, strict),
]);
export type HostCommand = Static<typeof HostCommand>;

export const SchedulerCommand = Type.Union([
  /** An operator's or a scenario's wish to move a VM; `to` absent lets the scheduler choose. */
  Type.Object({ kind: kind('migrate'), vm: Name, to: Type.Optional(Name), why: Type.String() }, strict),
  Type.Object({ kind: kind('cancel'), migration: Name }, strict),
  /** An operator's wish; the policy goes on deciding, and may decide otherwise at its next look. */
  Type.Object({ kind: kind('standby'), host: Name, why: Type.String() }, strict),
  Type.Object({ kind: kind('wake'), host: Name, why: Type.String() }, strict),
]);
export type SchedulerCommand = Static<typeof SchedulerCommand>;

/** `code` is stable and for programs, `message` for people. `result` is small: the name of a migration, for instance. */
export const Answer = Type.Union([
  Type.Object({ ok: Type.Literal(true), result: Type.Optional(Type.String()) }, strict),
  Type.Object({ ok: Type.Literal(false), code: Type.String(), message: Type.String() }, strict),
]);
export type Answer = Static<typeof Answer>;

export const hostCommandCodec = codec('host command', HostCommand);
export const schedulerCommandCodec = codec('scheduler command', SchedulerCommand);
export const answerCodec = codec('answer', Answer);
