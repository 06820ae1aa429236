import { describe, expect, test } from 'vitest';
import type { HostTelemetry } from '../protocol/mod.ts';
import { MemoryDisk } from '../runtime/memory/mod.ts';
import { RunFolder } from './run-folder.ts';
import { sampleResult } from './testdata/sample-result.ts';

const decoder = new TextDecoder();
const text = async (disk: MemoryDisk, path: string) => decoder.decode(await disk.read(path));

const telemetry: HostTelemetry = {
  ...{ host: 'host-1', incarnation: 'a', sequence: 1, timeNs: 5e9, intervalNs: 1e9, power: 'on', cpus: 2 },
  ...{ instructionsPerSecond: 1000, memoryBytes: 2 ** 20, committedBytes: 4096, busyNs: 5e8, lagNs: 0, vms: [] },
};

describe('the folder of a run', () => {
  test('holds the events as they came, the consoles, the metrics and the result', async () => {
    const disk = new MemoryDisk();
    const folder = await RunFolder.open(disk);
    const lines = [
      '{"host":"host-1","kind":"host.on","sequence":1,"source":"host/host-1","timeNs":1000}\n',
      '{"epoch":1,"host":"host-1","kind":"vm.console","line":"hello","sequence":2,"source":"host/host-1","timeNs":2500000000,"vm":"a"}\n',
    ];
    for (const line of lines) folder.event(line);
    folder.telemetry(telemetry, 4e9);
    await folder.close(sampleResult());
    expect(await text(disk, 'events.ndjson')).toBe(lines.join(''));
    expect(await text(disk, 'consoles/a.log')).toBe('     2.500 host-1  hello\n');
    expect((await text(disk, 'metrics.csv')).split('\n')).toEqual([
      'time_s,host,power,utilisation,committed_bytes,vms,instructions,steal_s,lag_ms',
      '4.000,host-1,on,0.2500,4096,0,0,0.000,0.0',
      '',
    ]);
    expect(JSON.parse(await text(disk, 'run.json'))).toEqual(sampleResult());
  });

  test('what an earlier run left is replaced, and other files stay', async () => {
    const disk = new MemoryDisk();
    const write = (path: string) => disk.writeAtomically(path, new TextEncoder().encode('old'));
    for (const path of ['events.ndjson', 'run.json', 'consoles/old.log', 'notes.txt']) await write(path);
    await (await RunFolder.open(disk)).close(undefined);
    expect(await disk.read('events.ndjson')).toBeUndefined();
    expect(await disk.read('run.json')).toBeUndefined();
    expect(await disk.read('consoles/old.log')).toBeUndefined();
    expect(await text(disk, 'notes.txt')).toBe('old');
  });

  test('a disk that fails is told at the end', async () => {
    const disk = new MemoryDisk();
    const folder = await RunFolder.open(disk);
    disk.append = () => Promise.reject(new Error('full'));
    folder.event('{"kind":"x"}\n');
    await expect(folder.close(undefined)).rejects.toThrow('full');
  });
});
