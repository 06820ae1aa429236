// Gives host nodes the commands that a scheduler would, over whatever ports it is given, so that the same code measures a replay and real
// processes: starts a guest, waits for its line, moves it, asks it whether its memory is right, and stops it.

import { Ownership } from '../shared/cluster/mod.ts';
import {
  type Answer,
  answerCodec,
  BUCKET_HOSTS,
  BUCKET_OWNERS,
  type ClusterEvent,
  clusterEventCodec,
  type HostCommand,
  hostCommandCodec,
  hostRecordCodec,
  subjects,
} from '../shared/protocol/mod.ts';
import { NS_PER_MS, NS_PER_S, type ServicePorts } from '../shared/runtime/mod.ts';
import { BenchFailed, figuresOf, LIMITS, type MigrationFigures, SETTLE_MS, vmSpecification } from './migration-case.ts';

/** Chosen: filling and checking 96 MiB take some seconds each. */
const WAIT_LIMIT_NS = 120 * NS_PER_S;

type Ports = Pick<ServicePorts, 'clock' | 'store' | 'transport'>;

export class MigrationOperator {
  readonly #ports: Ports;
  readonly #ownership: Ownership;
  readonly #waiting = new Set<(event: ClusterEvent) => void>();
  #names = 0;

  private constructor(ports: Ports, ownership: Ownership) {
    this.#ports = ports;
    this.#ownership = ownership;
    ports.transport.subscribe(subjects.allEvents, (message) => {
      const event = clusterEventCodec.decode(message.payload);
      for (const see of this.#waiting) see(event);
    });
  }

  static async open(ports: Ports): Promise<MigrationOperator> {
    return new MigrationOperator(ports, new Ownership(await ports.store.bucket(BUCKET_OWNERS)));
  }

  /** Resolves when all these hosts have joined. */
  async joined(hosts: readonly string[]): Promise<void> {
    const bucket = await this.#ports.store.bucket(BUCKET_HOSTS);
    const missing = new Set(hosts);
    await this.#within(`hosts ${hosts.join(', ')}`, async (done) => {
      const subscription = await bucket.watch((change) => {
        if (change.kind === 'put') missing.delete(change.entry.key);
        if (missing.size === 0) done();
      });
      return () => subscription.unsubscribe();
    });
  }

  /** A fresh guest on `from`, moved to `to` once; it then verifies every word of its working set, or the benchmark fails. */
  async measure(from: string, to: string, rateMib: number): Promise<MigrationFigures> {
    const vm = this.#name('vm');
    const ready = this.#line(vm, /^lightsout dirty ready/);
    await this.#start(vm, from, rateMib);
    await ready;
    await this.#ports.clock.sleep(SETTLE_MS * NS_PER_MS);
    const figures = await this.#migrate(vm, from, to);
    const owner = figures.completed ? to : from;
    await this.#check(vm, owner);
    await this.#command(owner, { kind: 'stop', vm });
    return figures;
  }

  async #start(vm: string, host: string, rateMib: number): Promise<void> {
    const claimed = await this.#ownership.claim(vm, host);
    if (claimed.kind !== 'done') throw new BenchFailed(`the claim of ${vm} ended ${claimed.kind}`);
    const specification = vmSpecification(vm, rateMib);
    await this.#command(host, { kind: 'start', specification, owner: claimed.owned.record });
  }

  async #migrate(vm: string, from: string, to: string): Promise<MigrationFigures> {
    const migration = this.#name('migration');
    const record = await (await this.#ports.store.bucket(BUCKET_HOSTS)).get(to);
    const { pageAddress } = hostRecordCodec.decode(record!.value);
    const ended = this.#event(`the end of ${migration}`, (event) =>
      event.kind === 'migration.ended' && event.report.migration === migration ? event.report : undefined,
    );
    await this.#command(from, { kind: 'migrate', migration, vm, to, pageAddress, limits: LIMITS, why: 'measured' });
    const report = await ended;
    // One that does not converge is a result; one that breaks is not.
    if (report.reason === 'error') throw new BenchFailed(`${migration} failed: ${report.detail}`);
    return figuresOf(report);
  }

  async #check(vm: string, host: string): Promise<void> {
    const answer = this.#line(vm, /^check /);
    await this.#command(host, { kind: 'type', vm, input: this.#name('input'), text: 'check\n' });
    const line = await answer;
    if (!line.startsWith('check ok')) throw new BenchFailed(`after its migration ${vm} says: ${line}`);
  }

  async #command(host: string, command: HostCommand): Promise<Answer> {
    const payload = hostCommandCodec.encode(command);
    const answer = answerCodec.decode(
      await this.#ports.transport.request(subjects.hostCommand(host), payload, 30 * NS_PER_S),
    );
    if (!answer.ok) throw new BenchFailed(`${host} refuses ${command.kind}: ${answer.message}`);
    return answer;
  }

  #line(vm: string, pattern: RegExp): Promise<string> {
    return this.#event(`a line of ${vm} like ${pattern}`, (event) =>
      event.kind === 'vm.console' && event.vm === vm && pattern.test(event.line) ? event.line : undefined,
    );
  }

  /** What `pick` finds first in an event from now on. */
  async #event<T>(what: string, pick: (event: ClusterEvent) => T | undefined): Promise<T> {
    let found: T | undefined;
    await this.#within(what, async (done) => {
      const see = (event: ClusterEvent): void => {
        found ??= pick(event);
        if (found !== undefined) done();
      };
      this.#waiting.add(see);
      return () => this.#waiting.delete(see);
    });
    return found!;
  }

  /** Waits until `done` is called; `begin` answers how to end the watching. */
  async #within(what: string, begin: (done: () => void) => Promise<() => void>): Promise<void> {
    const { clock } = this.#ports;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = clock.at(clock.now() + WAIT_LIMIT_NS, () =>
      reject(new BenchFailed(`no sign of ${what} in ${WAIT_LIMIT_NS / NS_PER_S} s`)),
    );
    const end = await begin(resolve);
    try {
      await promise;
    } finally {
      end();
      timer.cancel();
    }
  }

  #name(kind: string): string {
    this.#names += 1;
    return `${kind}-${this.#names}`;
  }
}
