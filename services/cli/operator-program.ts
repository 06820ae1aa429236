// The commands that operate a running cluster, with their options and help. What they do is in operator-commands.ts.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseQuantity, type Unit } from '../../shared/scenario/mod.ts';
import {
  eventsCommand,
  migrationListCommand,
  simpleCommand,
  vmConsoleCommand,
  vmCreateCommand,
  vmMigrateCommand,
} from './operator-commands.ts';
import type { Surroundings } from './surroundings.ts';

/** The options that every command of a cluster has. */
export interface SharedOptions {
  readonly name: () => Option;
  readonly json: () => Option;
}

interface Common {
  readonly name: string;
  readonly json?: boolean;
}

type Finish = (exitCode: number) => void;

export function addOperation(program: Command, surroundings: Surroundings, finish: Finish, shared: SharedOptions) {
  const named = (name: string) => program.commands.find((command) => command.name() === name)!;
  addVm(named('vm'), surroundings, finish, shared);
  addHost(named('host'), surroundings, finish, shared);
  addMigrations(program, surroundings, finish, shared);
  program
    .command('events')
    .summary('what happened lately, and what happens')
    .description('Shows the newest events; with --follow those that come as well, until Ctrl-C.')
    .option('--follow', 'go on')
    .option('--kind <kinds...>', 'only these: a kind (vm.console) or its first word (migration)')
    .addOption(shared.name())
    .addOption(new Option('--json', 'print one JSON object a line'))
    .addHelpText('after', examples('events --follow', 'events --kind migration vm.started --json'))
    .action(async ({ follow = false, kind = [], ...common }: Common & { follow?: boolean; kind?: string[] }) =>
      finish(await eventsCommand(surroundings, { ...clusterOf(common), follow, kinds: kind })),
    );
}

function addVm(vm: Command, surroundings: Surroundings, finish: Finish, shared: SharedOptions): void {
  const of = (command: Command, ...lines: string[]) =>
    command
      .addOption(shared.name())
      .addOption(shared.json())
      .addHelpText('after', examples(...lines));
  of(
    vm
      .command('create')
      .summary('start a new one')
      .description('Asks for a VM and waits until it runs. The scheduler chooses its host.')
      .argument('<vm>', 'its name')
      .requiredOption('--image <image>', 'the guest it runs, as in guests/build')
      .option('--memory <size>', 'its memory', quantity('size'), 64 * 2 ** 20)
      .option('--disk <size>', 'its disk', quantity('size'), 0)
      .option('--arguments <text>', 'boot arguments of the guest', '')
      .option('--host <host>', 'start it there')
      .option('--cpu-reservation <rate>', 'what it always gets', quantity('instructionRate'))
      .option('--cpu-limit <rate>', 'what it never exceeds', quantity('instructionRate'))
      .option('--cpu-shares <number>', 'its weight among others (1000)', shares),
    'vm create web --image burn --memory 64MiB --arguments "rate=500"',
    'vm create db --image dirty --host host-2 --cpu-reservation 500kIPS',
  ).action(async (name: string, options: CreateFlags) => {
    const { image, memory, disk, arguments: bootArguments, host, cpuReservation, cpuLimit, cpuShares } = options;
    const cpu = {
      ...(cpuReservation === undefined ? {} : { reservation: cpuReservation }),
      ...(cpuLimit === undefined ? {} : { limit: cpuLimit }),
      ...(cpuShares === undefined ? {} : { shares: cpuShares }),
    };
    const wish = { image, memoryBytes: memory, diskBytes: disk, bootArguments, host, cpu };
    finish(await vmCreateCommand(surroundings, name, { ...clusterOf(options), ...wish }));
  });
  const deeds = [
    ['start', 'POST', '/start', 'start one that has stopped', 'Starts a VM that has stopped, from power-on.'],
    ['stop', 'POST', '/stop', 'stop it; it can be started again', 'Stops a VM. It can be started again.'],
    ['rm', 'DELETE', '', 'stop it for good', 'Stops a VM for good and forgets it.'],
  ] as const;
  for (const [word, method, suffix, summary, description] of deeds) {
    of(vm.command(word).summary(summary).description(description).argument('<vm>'), `vm ${word} web`).action(
      async (name: string, options: Common) => {
        const path = `/v1/vms/${encodeURIComponent(name)}${suffix}`;
        const done = `VM ${name}: asked to ${word === 'rm' ? 'stop for good' : word}.`;
        finish(await simpleCommand(surroundings, clusterOf(options), { method, path, done }));
      },
    );
  }
  of(
    vm
      .command('migrate')
      .summary('move it while it runs')
      .description('Moves a VM to another host while it runs, waits for the end and shows the report.')
      .argument('<vm>')
      .option('--to <host>', 'where to; the scheduler chooses when it is absent')
      .option('--no-wait', 'do not wait for the end'),
    'vm migrate web --to host-2',
    'vm migrate web --no-wait --json',
  ).action(async (name: string, options: Common & { to?: string; wait: boolean }) => {
    const { to, wait } = options;
    finish(await vmMigrateCommand(surroundings, name, { ...clusterOf(options), to, wait }));
  });
  of(
    vm
      .command('type')
      .summary('type a line on its console')
      .description('Types one line on the console of a VM.')
      .argument('<vm>')
      .argument('<line>'),
    'vm type web "rate 900"',
  ).action(async (name: string, line: string, options: Common) => {
    const path = `/v1/vms/${encodeURIComponent(name)}/type`;
    const request = { method: 'POST', path, body: { text: `${line}\n` }, done: `Typed on VM ${name}.` };
    finish(await simpleCommand(surroundings, clusterOf(options), request));
  });
  of(
    vm
      .command('console')
      .summary('what it prints')
      .description('Shows what a VM printed lately; with --follow what it prints as well, until Ctrl-C.')
      .argument('<vm>')
      .option('--follow', 'go on'),
    'vm console web --follow',
  ).action(async (name: string, options: Common & { follow?: boolean }) => {
    const follow = options.follow === true;
    finish(await vmConsoleCommand(surroundings, name, { ...clusterOf(options), follow }));
  });
}

interface CreateFlags extends Common {
  readonly image: string;
  readonly memory: number;
  readonly disk: number;
  readonly arguments: string;
  readonly host?: string;
  readonly cpuReservation?: number;
  readonly cpuLimit?: number;
  readonly cpuShares?: number;
}

function addHost(host: Command, surroundings: Surroundings, finish: Finish, shared: SharedOptions): void {
  const deeds = [
    ['standby', 'send an empty one to standby', 'Sends a host without VMs to standby.'],
    ['wake', 'wake one', 'Wakes a host. The policy may send it to standby again when it stays empty.'],
  ] as const;
  for (const [word, summary, description] of deeds) {
    host
      .command(word)
      .summary(summary)
      .description(description)
      .argument('<host>')
      .addOption(shared.name())
      .addOption(shared.json())
      .addHelpText('after', examples(`host ${word} host-2`))
      .action(async (name: string, options: Common) => {
        const path = `/v1/hosts/${encodeURIComponent(name)}/${word}`;
        const request = { method: 'POST', path, body: {}, done: `Host ${name}: ${word} asked for.` };
        finish(await simpleCommand(surroundings, clusterOf(options), request));
      });
  }
}

function addMigrations(program: Command, surroundings: Surroundings, finish: Finish, shared: SharedOptions): void {
  const migration = program
    .command('migration')
    .summary('the migrations of a cluster')
    .description('The migrations of a cluster.');
  migration
    .command('ls')
    .summary('list them')
    .description('Lists migrations, the newest first.')
    .addOption(shared.name())
    .addOption(shared.json())
    .addHelpText('after', examples('migration ls', 'migration ls --json'))
    .action(async (options: Common) => finish(await migrationListCommand(surroundings, clusterOf(options))));
  migration
    .command('cancel')
    .summary('cancel one')
    .description('Cancels a migration that is under way; the VM stays where it is.')
    .argument('<migration>')
    .addOption(shared.name())
    .addOption(shared.json())
    .addHelpText('after', examples('migration cancel m1200-1'))
    .action(async (name: string, options: Common) => {
      const path = `/v1/migrations/${encodeURIComponent(name)}`;
      const request = { method: 'DELETE', path, done: `Migration ${name}: asked to stop.` };
      finish(await simpleCommand(surroundings, clusterOf(options), request));
    });
}

function clusterOf({ name, json = false }: Common): { name: string; json: boolean } {
  return { name, json };
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  npx lightsout ${line}`).join('\n')}`;
}

function quantity(unit: Unit): (text: string) => number {
  return (text) => {
    const read = parseQuantity(unit, text);
    if (read.ok) return read.value;
    throw new InvalidArgumentError(read.message);
  };
}

function shares(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000000.');
}
