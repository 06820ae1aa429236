import { describe, expect, it } from 'vitest';
import {
  booleanSetting,
  choiceSetting,
  codedErrors,
  createLogger,
  hasCode,
  numberSetting,
  optionalTextSetting,
  readConfiguration,
  runtimeErrors,
  textSetting,
} from './mod.ts';

describe('coded errors', () => {
  const errors = codedErrors({ TEST_GONE: { template: 'the {what} at {where} is gone', exitCode: 3, status: 404 } });

  it('fill their template and carry code, exit code, status and cause', () => {
    const cause = new Error('cable');
    const error = errors.create('TEST_GONE', { what: 'host', where: 'rack 2' }, cause);
    expect(error).toMatchObject({
      code: 'TEST_GONE',
      message: 'the host at rack 2 is gone',
      exitCode: 3,
      status: 404,
      cause,
    });
    expect(hasCode(error, 'OTHER', 'TEST_GONE')).toBe(true);
    expect(hasCode(cause, 'TEST_GONE')).toBe(false);
  });

  it('of the runtime all say something to do, and carry their module in the code', () => {
    for (const [code, { template }] of Object.entries(runtimeErrors.table)) {
      expect(code).toMatch(/^RUNTIME_[A-Z_]+$/);
      expect(template).toMatch(/[;:(]/);
    }
  });
});

describe('log', () => {
  it('writes one JSON object a line with service, level and cluster time', () => {
    const lines: string[] = [];
    const clock = { now: () => 42, at: () => ({ cancel: () => undefined }), sleep: async () => undefined };
    const log = createLogger({ service: 'host-1', clock, write: (line) => lines.push(line) });
    log.debug('dropped');
    const error = runtimeErrors.create('RUNTIME_NO_RESPONDER', { subject: 's' });
    log.child({ vm: 'vm-1' }).warn('odd', { error, count: 3n, page: new Uint8Array(8) });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.endsWith('}\n')).toBe(true);
    expect(JSON.parse(lines[0]!)).toEqual({
      timeNs: 42,
      level: 'warn',
      service: 'host-1',
      message: 'odd',
      vm: 'vm-1',
      error: { code: 'RUNTIME_NO_RESPONDER', message: error.message },
      count: '3',
      page: '8 bytes',
    });
  });
});

describe('configuration', () => {
  const settings = {
    url: textSetting('URL'),
    name: optionalTextSetting('NAME'),
    speed: numberSetting('SPEED', 1, { minimum: 0.1, maximum: 100 }),
    threads: numberSetting('THREADS', undefined, { whole: true }),
    level: choiceSetting('LEVEL', ['info', 'debug'], 'info'),
    colour: booleanSetting('COLOUR', true),
  };

  it('is typed and has defaults; empty is not set', () => {
    const values = readConfiguration({ URL: 'nats://x', THREADS: ' 4 ', NAME: '', COLOUR: 'off' }, settings);
    const expected = { url: 'nats://x', name: undefined, speed: 1, threads: 4, level: 'info', colour: false };
    expect(values).toEqual(expected);
  });

  it('names everything that is wrong at once', () => {
    const read = () => readConfiguration({ SPEED: '1000', THREADS: '1.5', LEVEL: 'loud', COLOUR: 'red' }, settings);
    expect(read).toThrow(
      'the environment is not usable: URL is not set; SPEED is "1000", but a number from 0.1 to 100 is expected; ' +
        'THREADS is "1.5", but a whole number is expected; LEVEL is "loud", but one of info, debug is expected; ' +
        'COLOUR is "red", but true or false is expected',
    );
  });
});
