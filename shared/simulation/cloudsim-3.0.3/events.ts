// The event stream of a run, line by line as CloudSim's own printing of the same facts: `M time vm source target` for a migration's start and
// `E time frameEnergy cumulative activeHosts` (watt-seconds) for every update of the data centre, tab between fields and
// numbers as Java prints a double, so that a run can be compared with one of CloudSim byte by byte.

export interface EventListener {
  migrationStarted(time: number, vm: number, source: number, target: number): void;
  energyCounted(time: number, frameWattSeconds: number, totalWattSeconds: number, activeHosts: number): void;
}

export class EventLines implements EventListener {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  migrationStarted(time: number, vm: number, source: number, target: number): void {
    this.#write(`M\t${javaDouble(time)}\t${vm}\t${source}\t${target}`);
  }

  energyCounted(time: number, frameWattSeconds: number, totalWattSeconds: number, activeHosts: number): void {
    this.#write(
      `E\t${javaDouble(time)}\t${javaDouble(frameWattSeconds)}\t${javaDouble(totalWattSeconds)}\t${activeHosts}`,
    );
  }
}

/** `Double.toString` of Java 19 and later for finite values: the shortest digits, scientific from 10^7 and below 10^-3. */
export function javaDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}
