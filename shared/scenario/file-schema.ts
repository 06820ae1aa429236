// The schema of scenario files as people write them, section by section. It is the one source of docs/scenario.schema.json, of the
// reference, and of the checks with line and column; what needs more than one section is checked by the loader.

import { type Static, Type } from '@sinclair/typebox';
import { eventSchema } from './file-event-schema.ts';
import { expectationSchema } from './file-expectation-schema.ts';
import {
  bandwidth,
  duration,
  fraction,
  instructionRate,
  memberName,
  name,
  power,
  size,
  strict,
  vmPatterns,
} from './vocabulary.ts';

const MIB = 2 ** 20;

export const powerSchema = Type.Union(
  [
    Type.String({ description: 'A measured server by name: `hp-ml110-g4` or `hp-ml110-g5`.' }),
    Type.Object(
      {
        watts: Type.Array(Type.Number({ minimum: 0 }), {
          minItems: 11,
          maxItems: 11,
          description: 'Watts at 0, 10, … 100 % utilisation, linear between.',
        }),
      },
      strict,
    ),
  ],
  { description: 'What the host draws: a measured server by name, or eleven figures.' },
);

export const hostGroupSchema = Type.Object(
  {
    name: memberName('Name of the host, or of each host when there are several: `host-{n}`.'),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1, description: 'How many alike.' })),
    cpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, default: 1, description: 'Physical CPUs.' })),
    speed: instructionRate({
      description: 'Instructions per second of cluster time that each physical CPU retires.',
      minimum: 1000,
      maximum: 1e10,
    }),
    memory: size({ description: 'Physical RAM. VMs are admitted while theirs fits.', minimum: MIB, maximum: 2 ** 32 }),
    power: Type.Optional(powerSchema),
    standbyPower: Type.Optional(
      power({
        description: 'Drawn in standby, by the management controller; that of the model when absent.',
        maximum: 1e5,
      }),
    ),
    wakeDelay: Type.Optional(
      duration({
        description: 'From the wake command until the host takes VMs; that of the model when absent.',
        maximum: 3600e9,
      }),
    ),
  },
  { ...strict, description: 'A group of like hosts.' },
);

const linkFields = {
  latency: Type.Optional(
    duration({
      description: 'One way from host to switch; two hosts are the sum of theirs apart.',
      default: '100us',
      minimum: 1000,
      maximum: 10e9,
    }),
  ),
  bandwidth: Type.Optional(
    bandwidth({ description: 'In each direction.', default: '1Gbit', minimum: 1000, maximum: 1e12 }),
  ),
};

export const linksSchema = Type.Object(
  {
    ...linkFields,
    hosts: Type.Optional(
      Type.Array(Type.Object({ host: name('The host.'), ...linkFields }, strict), {
        description: 'Hosts whose link differs.',
      }),
    ),
  },
  { ...strict, description: 'How hosts are connected: each by its own link to one switch.' },
);

const cpuSchema = Type.Object(
  {
    shares: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        default: 1000,
        description: 'Relative weight among the VMs of a host.',
      }),
    ),
    reservation: Type.Optional(
      instructionRate({ description: 'What the VM gets whenever it wants it.', default: '0IPS' }),
    ),
    limit: Type.Optional(
      instructionRate({ description: 'What it never exceeds; without it there is no limit.', minimum: 1 }),
    ),
  },
  { ...strict, description: 'How a VM shares the physical CPUs of its host with others.' },
);

export const vmGroupSchema = Type.Object(
  {
    name: memberName('Name of the VM, or of each VM when there are several: `vm-{n}`.'),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1, description: 'How many alike.' })),
    image: name('Guest image: the name of a file in `guests/build`, without `.elf`.'),
    memory: size({ description: 'Guest memory.', minimum: MIB, maximum: 2 ** 31 }),
    disk: Type.Optional(size({ description: 'Size of the disk; 0 for none.', default: 0, maximum: 2 ** 31 })),
    cpu: Type.Optional(cpuSchema),
    arguments: Type.Optional(
      Type.String({ maxLength: 1024, default: '', description: "Boot arguments; `{n}` is the VM's number." }),
    ),
    host: Type.Optional(
      memberName("The host to start on (`host-{n}`: the host with the VM's number). Else the scheduler chooses."),
    ),
  },
  { ...strict, description: 'A group of like VMs.' },
);

const everySchema = duration({
  description: 'How often the curve is sampled and a line typed.',
  default: '10s',
  minimum: 1e6,
});

export const loadSchema = Type.Object(
  {
    vms: vmPatterns('Which VMs.'),
    line: Type.String({
      minLength: 1,
      maxLength: 200,
      description: "The line typed on the guest's console; `{value}` becomes the value, rounded to a whole number.",
      examples: ['duty {value}'],
    }),
    steps: Type.Optional(
      Type.Array(
        Type.Object(
          {
            at: duration({ description: 'When, from the beginning (of the period, when repeated).' }),
            value: Type.Number({ description: 'From then on.' }),
          },
          strict,
        ),
        { minItems: 1, description: 'Values that hold from given times on.' },
      ),
    ),
    ramp: Type.Optional(
      Type.Object(
        {
          from: Type.Number({ description: 'Value at the start.' }),
          to: Type.Number({ description: 'Value at the end, and after it.' }),
          start: Type.Optional(duration({ description: 'When it begins to change.', default: 0 })),
          end: duration({ description: 'When it has arrived.' }),
          every: Type.Optional(everySchema),
        },
        { ...strict, description: 'A straight line from one value to another.' },
      ),
    ),
    sine: Type.Optional(
      Type.Object(
        {
          mean: Type.Number(),
          amplitude: Type.Number({ minimum: 0 }),
          period: duration({ description: 'One full wave.', minimum: 1e6 }),
          phase: Type.Optional(duration({ description: 'How late the wave begins.', default: 0 })),
          every: Type.Optional(everySchema),
        },
        { ...strict, description: 'A sine around a mean; values below zero become zero.' },
      ),
    ),
    day: Type.Optional(
      Type.Object(
        {
          low: Type.Number({ minimum: 0, description: 'At night.' }),
          high: Type.Number({ minimum: 0, description: 'At the peak.' }),
          length: duration({ description: 'How long a day is in this scenario.', minimum: 1e6 }),
          peak: Type.Optional(duration({ description: 'When in the day it is highest; the middle when absent.' })),
          every: Type.Optional(everySchema),
        },
        { ...strict, description: 'A daily curve: low at night, one peak.' },
      ),
    ),
    repeat: Type.Optional(
      Type.Object(
        {
          every: duration({ description: 'Length of the period.', minimum: 1e6 }),
          times: Type.Optional(Type.Integer({ minimum: 1, description: 'How often; to the end when absent.' })),
        },
        { ...strict, description: 'Plays the steps or the ramp again and again.' },
      ),
    ),
    stagger: Type.Optional(duration({ description: 'Each VM follows the one before it by so much.', default: 0 })),
    noise: Type.Optional(
      fraction({
        description: 'Each value is varied at random by up to so much of itself (with the seed).',
        default: 0,
        maximum: 1,
      }),
    ),
  },
  { ...strict, description: 'Load over time: exactly one of `steps`, `ramp`, `sine`, `day`.' },
);

export const policySchema = Type.Object(
  {
    name: Type.Optional(Type.String({ description: "One of the scheduler's policies." })),
    file: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Instead of `name`: a TypeScript file with a policy, relative to the scenario file.',
      }),
    ),
    interval: Type.Optional(
      duration({ description: 'How often the scheduler observes, plans and acts.', default: '5s', minimum: 1e6 }),
    ),
    arguments: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'What this policy can be told.' }),
    ),
  },
  { ...strict, description: 'How the cluster is scheduled: `name` or `file`, and how.' },
);

export const migrationSchema = Type.Object(
  {
    downtimeLimit: Type.Optional(
      duration({ description: 'The VM is stopped when what remains can be sent within this time.', default: '300ms' }),
    ),
    stalledRounds: Type.Optional(
      Type.Integer({
        minimum: 1,
        default: 3,
        description: 'Gives up after so many rounds that do not shrink what remains.',
      }),
    ),
    rounds: Type.Optional(Type.Integer({ minimum: 1, default: 30, description: 'Gives up after so many rounds.' })),
    totalLimit: Type.Optional(duration({ description: 'Deadline of a migration.', default: '2m', minimum: 1 })),
    waitLimit: Type.Optional(duration({ description: 'Deadline of each wait within it.', default: '10s', minimum: 1 })),
  },
  { ...strict, description: 'Limits of live migrations.' },
);

export const scenarioFileSchema = Type.Object(
  {
    name: name('Short name; names the run.'),
    description: Type.Optional(Type.String({ description: 'What happens and what it shows.' })),
    duration: duration({
      description: 'Cluster time from the start of the VMs to the end.',
      minimum: 1e6,
      maximum: 100 * 86400e9,
    }),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 32 - 1,
        default: 1,
        description: 'Of everything random; `--seed` overrides it.',
      }),
    ),
    speed: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1000,
        default: 1,
        description: 'Live: seconds of cluster time per second of the wall clock.',
      }),
    ),
    telemetryInterval: Type.Optional(
      duration({ description: 'How often hosts report.', default: '1s', minimum: 1e6, maximum: 3600e9 }),
    ),
    hosts: Type.Array(hostGroupSchema, { minItems: 1, description: 'The machines.' }),
    links: Type.Optional(linksSchema),
    vms: Type.Optional(Type.Array(vmGroupSchema, { description: 'The virtual machines.' })),
    load: Type.Optional(Type.Array(loadSchema, { description: 'What the guests are told to do over time.' })),
    events: Type.Optional(Type.Array(eventSchema, { description: 'What is done at given times.' })),
    policy: Type.Optional(policySchema),
    migration: Type.Optional(migrationSchema),
    expectations: Type.Optional(
      Type.Array(expectationSchema, { description: 'What must hold. Each is one line of the verdict.' }),
    ),
  },
  { ...strict, title: 'Lightsout scenario' },
);

export type ScenarioFile = Static<typeof scenarioFileSchema>;
export type HostGroup = Static<typeof hostGroupSchema>;
export type VmGroup = Static<typeof vmGroupSchema>;
export type LoadInFile = Static<typeof loadSchema>;
export type LinksInFile = Static<typeof linksSchema>;
