// What a scenario can do to a cluster at given times. `do` names the kind; later kinds (faults, for instance) are further members
// of the union and change nothing for the files of today.

import { type Static, type TProperties, Type } from '@sinclair/typebox';
import { duration, name, strict, vmPatterns } from './vocabulary.ts';

const when = {
  at: duration({ description: 'When, from the beginning.' }),
  every: Type.Optional(duration({ description: 'Does it again so often.', minimum: 1e6 })),
  times: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100_000, description: 'How often in all; to the end when absent.' }),
  ),
};

const action = <K extends string, P extends TProperties>(kind: K, description: string, fields: P) =>
  Type.Object({ do: Type.Literal(kind), ...when, ...fields }, { ...strict, description });

export const eventSchema = Type.Union(
  [
    action('migrate', 'Asks the scheduler to move a VM.', {
      vm: name('The VM.'),
      to: Type.Optional(
        Type.Union([name('The host.'), Type.Array(name('A host.'), { minItems: 1 })], {
          description:
            'Where to; a list is gone through in turn when the event repeats. The scheduler chooses when absent.',
        }),
      ),
    }),
    action('cancel-migration', 'Cancels the migration that the VM is in.', { vm: name('The VM.') }),
    action('stop', 'Stops a VM for good.', { vm: name('The VM.') }),
    action('type', 'Types a line on consoles.', {
      vms: vmPatterns('Which VMs.'),
      line: Type.String({ maxLength: 1000, description: 'Without the line feed.' }),
    }),
    action('wake', 'Wakes a host from standby.', { host: name('The host.') }),
    action('standby', 'Puts an empty host into standby.', { host: name('The host.') }),
  ],
  { description: 'Something done at a given time; `do` says what.' },
);

export type EventInFile = Static<typeof eventSchema>;
