// What operators do with a running cluster: VMs, hosts, migrations, events. All of it goes through the API.

import type { ClusterEvent, MigrationReport } from '../../shared/protocol/mod.ts';
import { clockTime, renderTable } from '../../shared/report/mod.ts';
import { NS_PER_MS, NS_PER_S } from '../../shared/runtime/mod.ts';
import { ApiClient } from './api-client.ts';
import type { ClusterOptions } from './cluster-commands.ts';
import { cliErrors, EXIT } from './errors.ts';
import { guestImages } from './places.ts';
import { print, printJson, type Surroundings } from './surroundings.ts';

export interface CreateOptions extends ClusterOptions {
  readonly image: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly bootArguments: string;
  readonly host: string | undefined;
  readonly cpu: { readonly reservation?: number; readonly limit?: number; readonly shares?: number };
}

export async function vmCreateCommand(surroundings: Surroundings, vm: string, options: CreateOptions): Promise<number> {
  const { image, memoryBytes, diskBytes, bootArguments, host, cpu } = options;
  const images = guestImages(surroundings.checkoutPath);
  if (!images.includes(image)) {
    throw cliErrors.create('CLI_BAD_OPTION', {
      ...{ option: '--image', value: image, expected: `one of ${images.join(', ')}` },
    });
  }
  const api = ApiClient.of(surroundings, options.name);
  const leaving = new AbortController();
  const events = await api.events(`follow=true&recent=false&kind=vm&vm=${encodeURIComponent(vm)}`, leaving.signal);
  try {
    await api.ask('POST', '/v1/vms', {
      ...{ vm, image, memoryBytes, diskBytes, bootArguments },
      ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
      ...(host === undefined ? {} : { pinnedTo: host }),
    });
    for await (const event of events) {
      if (event.kind === 'vm.refused') throw cliErrors.create('CLI_VM_REFUSED', { vm, why: event.why });
      if (event.kind !== 'vm.started') continue;
      if (options.json) printJson(surroundings, { vm, host: event.host, epoch: event.epoch });
      else print(surroundings, `VM ${vm} runs on host ${event.host}.`);
      return EXIT.passed;
    }
    throw cliErrors.create('CLI_API_INTERRUPTED', {});
  } finally {
    leaving.abort();
  }
}

/** One request whose answer is all there is to say. */
export async function simpleCommand(
  surroundings: Surroundings,
  options: ClusterOptions,
  request: { readonly method: string; readonly path: string; readonly body?: object; readonly done: string },
): Promise<number> {
  const answer = await ApiClient.of(surroundings, options.name).ask(request.method, request.path, request.body);
  if (options.json) printJson(surroundings, answer);
  else print(surroundings, request.done);
  return EXIT.passed;
}

export interface MigrateOptions extends ClusterOptions {
  readonly to: string | undefined;
  readonly wait: boolean;
}

export async function vmMigrateCommand(
  surroundings: Surroundings,
  vm: string,
  options: MigrateOptions,
): Promise<number> {
  const api = ApiClient.of(surroundings, options.name);
  const leaving = new AbortController();
  const events = await api.events('follow=true&recent=false&kind=migration.ended', leaving.signal);
  try {
    const { to } = options;
    const path = `/v1/vms/${encodeURIComponent(vm)}/migrate`;
    const taken = (await api.ask('POST', path, to === undefined ? {} : { to })) as { migration: string | null };
    if (taken.migration === null || !options.wait) {
      if (options.json) printJson(surroundings, taken);
      else if (taken.migration === null) print(surroundings, `VM ${vm} is there already.`);
      else print(surroundings, `Migration ${taken.migration} has begun.`);
      return EXIT.passed;
    }
    for await (const event of events) {
      if (event.kind !== 'migration.ended' || event.report.migration !== taken.migration) continue;
      if (options.json) printJson(surroundings, event.report);
      else print(surroundings, describeReport(event.report));
      return event.report.outcome === 'completed' ? EXIT.passed : EXIT.failed;
    }
    throw cliErrors.create('CLI_API_INTERRUPTED', {});
  } finally {
    leaving.abort();
  }
}

function describeReport(report: MigrationReport): string {
  const { migration, vm, from, to, outcome, detail, rounds, pages, zeroPages, bytes, downtimeNs, totalNs } = report;
  return [
    `Migration ${migration} of VM ${vm} from ${from} to ${to}: ${outcome} (${detail})`,
    `  took      ${(totalNs / NS_PER_S).toFixed(2)} s, of which ${(downtimeNs / NS_PER_MS).toFixed(1)} ms stopped`,
    `  sent      ${pages} pages in ${rounds} rounds (${zeroPages} of zeros), ${bytes} bytes`,
  ].join('\n');
}

export async function migrationListCommand(surroundings: Surroundings, options: ClusterOptions): Promise<number> {
  const answer = (await ApiClient.of(surroundings, options.name).ask('GET', '/v1/migrations')) as {
    migrations: { migration: string; vm: string; from: string; to: string; outcome: string; detail: string }[];
  };
  if (options.json) printJson(surroundings, answer);
  else if (answer.migrations.length === 0) print(surroundings, 'No migrations.');
  else {
    const rows = answer.migrations.map((each) => [
      ...[each.migration, each.vm, each.from, each.to, each.outcome, each.detail],
    ]);
    const columns = ['migration', 'VM', 'from', 'to', 'outcome', 'why'].map((title) => ({ title }));
    print(surroundings, renderTable(surroundings.out.terminal, columns, rows));
  }
  return EXIT.passed;
}

export interface EventOptions extends ClusterOptions {
  readonly follow: boolean;
  readonly kinds: readonly string[];
  readonly vm?: string;
}

/** `--json`: one event a line. */
export async function eventsCommand(surroundings: Surroundings, options: EventOptions): Promise<number> {
  const query = new URLSearchParams({
    ...{ follow: String(options.follow) },
    ...(options.kinds.length === 0 ? {} : { kind: options.kinds.join(',') }),
    ...(options.vm === undefined ? {} : { vm: options.vm }),
  });
  const api = ApiClient.of(surroundings, options.name);
  for await (const event of await api.events(query.toString(), new AbortController().signal)) {
    print(surroundings, options.json ? JSON.stringify(event) : describeEvent(event));
  }
  return EXIT.passed;
}

/** The lines that a VM printed lately, and with `follow` those that it prints. */
export async function vmConsoleCommand(
  surroundings: Surroundings,
  vm: string,
  options: ClusterOptions & { readonly follow: boolean },
): Promise<number> {
  const query = new URLSearchParams({ follow: String(options.follow), kind: 'vm.console', vm });
  const api = ApiClient.of(surroundings, options.name);
  for await (const event of await api.events(query.toString(), new AbortController().signal)) {
    if (event.kind !== 'vm.console') continue;
    print(surroundings, options.json ? JSON.stringify(event) : event.line);
  }
  return EXIT.passed;
}

function describeEvent(event: ClusterEvent): string {
  const { timeNs, source, sequence: _, kind, ...rest } = event;
  const fields = 'report' in rest ? rest.report : rest;
  const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return `${clockTime(timeNs)}  ${source}  ${kind}  ${words.join(' ')}`;
}
