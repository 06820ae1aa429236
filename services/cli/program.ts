// The command line: commands, options, help with examples. What commands do is in their files.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { hostListCommand, statusCommand, vmListCommand } from './cluster-commands.ts';
import { doctorCommand } from './doctor-command.ts';
import { EXIT } from './errors.ts';
import { isaTestCommand } from './isa-test-command.ts';
import { addOperation } from './operator-program.ts';
import { replayCommand } from './replay-command.ts';
import { SIMULATION_MODEL, simulateCommand } from './simulate-command.ts';
import { complain, printJson, type Surroundings } from './surroundings.ts';
import { downCommand, upCommand } from './up-command.ts';

const EXIT_CODES = `
Exit codes: 0 all is well, 1 an expectation was not met, 2 a bad file or a bad
command line, 3 something needed is missing (the message says what).`;

const DEFAULT_CLUSTER = 'default';

/** Runs one command line (without node and script) and answers with the exit code. */
export async function runCommandLine(surroundings: Surroundings, args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.passed;
  const program = createProgram(surroundings, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.badInput;
    return sayError(surroundings, error, args.includes('--json'));
  }
}

interface Explained {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
}

/** Errors of the world say what to do; anything else is a bug and is passed on. */
function sayError(surroundings: Surroundings, error: unknown, json: boolean): number {
  if (!isExplained(error)) throw error;
  const { code, message, exitCode } = error;
  if (json) printJson(surroundings, { error: { code, message } });
  else complain(surroundings, message);
  return exitCode;
}

function isExplained(error: unknown): error is Error & Explained {
  if (!(error instanceof Error)) return false;
  const { code, exitCode } = error as Error & Partial<Explained>;
  return typeof code === 'string' && typeof exitCode === 'number';
}

function createProgram(surroundings: Surroundings, finish: (exitCode: number) => void): Command {
  const program = new Command('lightsout');
  const { out, complaints } = surroundings;
  program
    .description('A data centre in a repository: clusters of emulated RISC-V machines that consolidate themselves.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => complaints.write(text),
      getOutHelpWidth: () => Math.min(out.terminal.width, 100),
      getErrHelpWidth: () => Math.min(complaints.terminal.width, 100),
    })
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for how it is used)')
    .addHelpText(
      'after',
      `
Examples:
  npx lightsout replay scenarios/ten-to-one.yaml          ten VMs fold into one host
  npx lightsout replay scenarios/ten-to-one.yaml --live   the same on real processes
  npx lightsout up --hosts 5                              a cluster that stays
  npx lightsout doctor                                    what is here, what is not
${EXIT_CODES}`,
    );
  addReplay(program, surroundings, finish);
  addSimulate(program, surroundings, finish);
  addCluster(program, surroundings, finish);
  addOperation(program, surroundings, finish, { name: nameOption, json: jsonOption });
  addTools(program, surroundings, finish);
  return program;
}

const jsonOption = () => new Option('--json', 'print one JSON object and nothing else');
const nameOption = () =>
  new Option('--name <name>', 'which cluster of this checkout').default(DEFAULT_CLUSTER).argParser(clusterName);

function addReplay(program: Command, surroundings: Surroundings, finish: (exitCode: number) => void): void {
  program
    .command('replay')
    .summary('run a scenario file, in virtual time or live')
    .description(
      'Runs a scenario: hosts, VMs, load and events over time, and what must hold. In virtual time the same file and seed give the same events byte for byte; live, real processes are paced by the wall clock.',
    )
    .argument('<file>', 'a scenario file (YAML)')
    .option('--live', 'on real processes of this machine, by the wall clock')
    .option('--policy <policy>', "instead of the scenario's: a TypeScript file, or a name (with its defaults)")
    .option('--out <folder>', 'write events.ndjson, metrics.csv, consoles and run.json there')
    .option('--seed <number>', "instead of the file's seed", wholeNumber(0, 2 ** 32 - 1))
    .option(
      '--threads <number>',
      'threads that run VMs; changes no result (default: one per core)',
      wholeNumber(1, 256),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  npx lightsout replay scenarios/ten-to-one.yaml
  npx lightsout replay scenarios/ten-to-one.yaml --seed 7 --out runs/seven
  npx lightsout replay scenarios/migrate-under-write.yaml --live
  npx lightsout replay scenarios/ten-to-one.yaml --json | jq .hostsOn
  npx lightsout replay scenarios/hot-spot.yaml --policy ./my-policy.ts
${EXIT_CODES}`,
    )
    .action(
      async (
        file: string,
        options: { live?: boolean; policy?: string; out?: string; seed?: number; threads?: number; json?: boolean },
      ) => {
        const { live = false, policy, out, seed, threads, json = false } = options;
        finish(await replayCommand(surroundings, file, { live, policy, out, seed, threads, json }));
      },
    );
}

function addSimulate(program: Command, surroundings: Surroundings, finish: (exitCode: number) => void): void {
  program
    .command('simulate')
    .summary('a policy at data-centre scale, on traces')
    .description(
      "Runs a day of traced VMs under one policy and prints energy, migrations and service levels. The model cloudsim-3.0.3 reproduces CloudSim's PlanetLab power experiments: 800 hosts, a VM for each trace file. Its policies: npa, dvfs, and thr, iqr, mad, lr, lrr with -mmt, -mc, -mu, -rs.",
    )
    .requiredOption('--traces <directory>', 'PlanetLab traces: a file for each VM, 288 lines of 0 to 100')
    .requiredOption('--policy <name>', 'as in lr-mmt')
    .addOption(
      new Option('--arg <key=value>', 'parameter=NUMBER, chargeWake=true, seed=NUMBER (of -rs); repeatable')
        .argParser(collected)
        .default([], 'as published'),
    )
    .option('--model <name>', 'which model runs the policy', SIMULATION_MODEL)
    .option('--order <order>', 'how files become VMs: sorted, reverse or shuffle:N', 'sorted')
    .option('--keep-idle', 'keep VMs without demand; CloudSim deletes them for good')
    .option('--events <file>', 'write each migration and each energy reading there')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  npx lightsout simulate --traces planetlab/20110303 --policy lr-mmt
  npx lightsout simulate --traces planetlab/20110303 --policy thr-mmt --arg parameter=0.9
  npx lightsout simulate --traces planetlab/20110303 --policy lr-mmt --arg chargeWake=true
  npx lightsout simulate --traces planetlab/20110303 --policy dvfs --json | jq .energyKwh
${EXIT_CODES}`,
    )
    .action((options: SimulateFlags) => {
      const { arg: args, events, keepIdle = false, json = false, ...rest } = options;
      finish(simulateCommand(surroundings, { ...rest, args, events, keepIdle, json }));
    });
}

interface SimulateFlags {
  traces: string;
  policy: string;
  arg: string[];
  model: string;
  order: string;
  keepIdle?: boolean;
  events?: string;
  json?: boolean;
}

const collected = (value: string, before: readonly string[]): string[] => [...before, value];

function addCluster(program: Command, surroundings: Surroundings, finish: (exitCode: number) => void): void {
  program
    .command('up')
    .summary('start a cluster that stays')
    .description(
      'Starts NATS, the scheduler, the API and host nodes as processes of this machine, and leaves them running.',
    )
    .option('--hosts <number>', 'how many hosts', wholeNumber(1, 64), 3)
    .addOption(nameOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  npx lightsout up\n  npx lightsout up --hosts 10\n  npx lightsout up --name other --hosts 2',
    )
    .action(async (options: { hosts: number; name: string; json?: boolean }) =>
      finish(await upCommand(surroundings, { ...options, json: options.json === true })),
    );
  program
    .command('down')
    .summary('end the cluster that `up` started')
    .description('Ends all processes of a cluster. Ending one that does not run is no error.')
    .addOption(nameOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  npx lightsout down\n  npx lightsout down --name other')
    .action(async (options: { name: string; json?: boolean }) =>
      finish(await downCommand(surroundings, { ...options, json: options.json === true })),
    );
  program
    .command('status')
    .summary('whether a cluster runs, and how it is')
    .description('Says whether a cluster runs here, where it answers, and how many hosts and VMs it has.')
    .addOption(nameOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  npx lightsout status\n  npx lightsout status --json')
    .action(async (options: { name: string; json?: boolean }) =>
      finish(await statusCommand(surroundings, { ...options, json: options.json === true })),
    );
  const host = program.command('host').summary('the hosts of a cluster').description('The hosts of a cluster.');
  host
    .command('ls')
    .summary('list them')
    .description('Lists the hosts with power, CPU, memory and VMs.')
    .addOption(nameOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  npx lightsout host ls\n  npx lightsout host ls --json')
    .action(async (options: { name: string; json?: boolean }) =>
      finish(await hostListCommand(surroundings, { ...options, json: options.json === true })),
    );
  const vm = program.command('vm').summary('the VMs of a cluster').description('The VMs of a cluster.');
  vm.command('ls')
    .summary('list them')
    .description('Lists the VMs with image, state, host, CPU and memory.')
    .addOption(nameOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  npx lightsout vm ls\n  npx lightsout vm ls --json')
    .action(async (options: { name: string; json?: boolean }) =>
      finish(await vmListCommand(surroundings, { ...options, json: options.json === true })),
    );
}

function addTools(program: Command, surroundings: Surroundings, finish: (exitCode: number) => void): void {
  program
    .command('doctor')
    .summary('what this machine has and lacks')
    .description('Lists what is here of all that Lightsout can use, and the exact command for what is missing.')
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  npx lightsout doctor\n  npx lightsout doctor --json')
    .action(async (options: { json?: boolean }) =>
      finish(await doctorCommand(surroundings, { json: options.json === true })),
    );
  program
    .command('isa-test')
    .summary('run ISA tests that report through tohost')
    .description('Runs every ELF file of a folder that has a symbol `tohost`, such as a built riscv-tests tree.')
    .argument('<folder>', 'a folder of ELF files')
    .option('--limit <number>', 'instructions after which a test counts as not finished', wholeNumber(1, 1e12))
    .addOption(jsonOption())
    .addHelpText('after', `\nExamples:\n  npx lightsout isa-test ../riscv-tests/isa\n${EXIT_CODES}`)
    .action((folder: string, options: { limit?: number; json?: boolean }) => {
      const { limit, json = false } = options;
      finish(isaTestCommand(surroundings, folder, { json, limit }));
    });
}

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`);
  };
}

function clusterName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits, dashes and underscores.');
}
