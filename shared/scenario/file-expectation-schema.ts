// What must hold at the end of a scenario, as files say it: each item names one measure and its thresholds.

import { type Static, Type } from '@sinclair/typebox';
import { clusterEventKinds } from './event-kinds.ts';
import { bound, duration, fraction, strict, vmPatterns, word } from './vocabulary.ts';

const window = {
  from: Type.Optional(duration({ description: 'Counts only from then on.', default: 0 })),
  within: Type.Optional(duration({ description: 'Counts only up to then.' })),
};

const limit = (what: string) => Type.Optional(duration({ description: `${what} is at most this.` }));

export const expectationSchema = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 120, description: 'What the verdict calls it.' })),
    only: Type.Optional(
      word(['virtual', 'live'], { description: 'Judged in replays in virtual time only, or in live ones only.' }),
    ),
    hostsOn: Type.Optional(
      Type.Object(
        {
          min: Type.Optional(bound('The fewest hosts that were on at any time.')),
          max: Type.Optional(bound('The most hosts that were on at any time.')),
          end: Type.Optional(bound('Hosts on at the end.')),
          at: Type.Optional(duration({ description: 'A time, for `is`.' })),
          is: Type.Optional(bound('Hosts on at the time `at`.')),
          reaches: Type.Optional(bound('Hosts on at some moment `from` … `within`.')),
          ...window,
        },
        { ...strict, minProperties: 1, description: 'How many hosts are on.' },
      ),
    ),
    vmsLost: Type.Optional(bound('VMs that should run at the end, or should have ended by themselves, and did not.')),
    migrations: Type.Optional(
      Type.Object(
        {
          completed: Type.Optional(bound('Migrations that arrived.')),
          failed: Type.Optional(bound('Migrations that gave up; their VMs stayed at the source.')),
          cancelled: Type.Optional(bound('Migrations that were cancelled.')),
          vms: Type.Optional(vmPatterns('Only of these VMs.')),
          ...window,
        },
        { ...strict, minProperties: 1, description: 'How many migrations ended, and how.' },
      ),
    ),
    downtime: Type.Optional(
      Type.Object(
        {
          max: limit('The longest downtime of a completed migration'),
          p95: limit('The 95th percentile of downtimes'),
          mean: limit('The mean downtime'),
          vms: Type.Optional(vmPatterns('Only of these VMs.')),
        },
        {
          ...strict,
          minProperties: 1,
          description: 'Downtime of completed migrations. Judged in virtual time; reported live.',
        },
      ),
    ),
    energy: Type.Optional(
      Type.Object(
        {
          atMost: Type.Optional(fraction({ description: 'No more than this part.' })),
          atLeast: Type.Optional(fraction({ description: 'No less than this part.' })),
        },
        { ...strict, minProperties: 1, description: 'Energy used, as a part of what it takes with all hosts on.' },
      ),
    ),
    console: Type.Optional(
      Type.Object(
        {
          vms: vmPatterns('On the consoles of these VMs, each.'),
          matches: Type.String({ minLength: 1, description: 'A regular expression for one line.' }),
          count: Type.Optional(bound('Lines that match, per VM; at least one when absent.')),
          ...window,
        },
        { ...strict, description: 'What guests print.' },
      ),
    ),
    events: Type.Optional(
      Type.Object(
        {
          kind: word(clusterEventKinds, { description: 'Kind of event.' }),
          where: Type.Optional(
            Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
              description: 'Only events with these fields; `report.outcome` reaches into a report.',
            }),
          ),
          count: Type.Optional(bound('How many; at least one when absent.')),
          ...window,
        },
        { ...strict, description: 'Events of the cluster.' },
      ),
    ),
  },
  { ...strict, description: 'One expectation: exactly one measure beside `name` and `only`.' },
);

export type ExpectationInFile = Static<typeof expectationSchema>;
export const measures = ['hostsOn', 'vmsLost', 'migrations', 'downtime', 'energy', 'console', 'events'] as const;
