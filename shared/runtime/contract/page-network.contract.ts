// What every version of PageNetwork promises, run against the live and the in-memory one. What only one of them can show is in its own tests.

import { expect, it } from 'vitest';
import { MAX_FRAME_BYTES, NS_PER_MS, NS_PER_S, type PageStream } from '../mod.ts';
import {
  bytes,
  type ContractPorts,
  codeOf,
  Inbox,
  type OpenContractWorld,
  sharedBytes,
  text,
  withNodes,
} from './world.ts';

async function join(from: ContractPorts, to: ContractPorts): Promise<readonly [PageStream, PageStream]> {
  const accepted = new Inbox<PageStream>();
  const listener = await to.pages.listen(accepted.take);
  const near = await from.pages.connect(listener.address, 5 * NS_PER_S);
  const [far] = await accepted.reaches(1);
  listener.close();
  return [near, far!];
}

export function pageNetworkContract(open: OpenContractWorld): void {
  it('carries frames whole and in order, both ways at once', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const [near, far] = await join(a, b);
      const [inNear, inFar] = [new Inbox<string>(), new Inbox<string>()];
      near.onFrame((frame) => inNear.take(text(frame)));
      far.onFrame((frame) => inFar.take(text(frame)));
      const sent = Array.from({ length: 40 }, (_, index) => `${index}${'.'.repeat(index * 997)}`);
      await Promise.all(sent.flatMap((frame) => [near.send(bytes(frame)), far.send(bytes(frame))]));
      expect(await inFar.reaches(40)).toEqual(sent);
      expect(await inNear.reaches(40)).toEqual(sent);
    }));

  it('carries the largest and the empty frame, and refuses a larger one', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const [near, far] = await join(a, b);
      const inbox = new Inbox<Uint8Array>();
      far.onFrame(inbox.take);
      const largest = new Uint8Array(MAX_FRAME_BYTES).map((_, index) => index * 31);
      await near.send(largest);
      await near.send(new Uint8Array());
      const [first, second] = await inbox.reaches(2);
      expect(Buffer.compare(first!, largest)).toBe(0);
      expect(second!.byteLength).toBe(0);
      expect(await codeOf(near.send(new Uint8Array(MAX_FRAME_BYTES + 1)))).toBe('RUNTIME_TOO_LARGE');
      await near.send(bytes('still open'));
      await inbox.reaches(3);
    }));

  it('holds frames for a receiver that comes late', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const [near, far] = await join(a, b);
      for (const frame of ['1', '2', '3']) await near.send(bytes(frame));
      const back = new Inbox<string>();
      near.onFrame((frame) => back.take(text(frame)));
      await far.send(bytes('so the others have come'));
      await back.reaches(1);
      const inbox = new Inbox<string>();
      far.onFrame((frame) => inbox.take(text(frame)));
      expect(await inbox.reaches(3)).toEqual(['1', '2', '3']);
    }));

  it('lets the frame be reused once send has resolved', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const [near, far] = await join(a, b);
      const inbox = new Inbox<string>();
      far.onFrame((frame) => {
        expect(frame.constructor).toBe(Uint8Array);
        inbox.take(text(frame));
      });
      for (const frame of [bytes('first'), Buffer.from('first'), sharedBytes('first')]) {
        await near.send(frame);
        frame.set(bytes('other'));
        await near.send(frame);
      }
      expect(await inbox.reaches(6)).toEqual(['first', 'other', 'first', 'other', 'first', 'other']);
    }));

  it('delivers what was sent before a close, then tells both ends', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const [near, far] = await join(a, b);
      const inbox = new Inbox<string>();
      far.onFrame((frame) => inbox.take(text(frame)));
      for (let index = 0; index < 20; index++) void near.send(bytes(`frame ${index}`)).catch(() => undefined);
      await near.send(bytes('last'));
      near.close();
      near.close();
      expect(await near.closed).toBe('closed here');
      expect(await far.closed).toMatch(/far end/);
      expect(inbox.items).toHaveLength(21);
      expect(await codeOf(near.send(bytes('too late')))).toBe('RUNTIME_CLOSED');
      expect(await codeOf(far.send(bytes('too late')))).toBe('RUNTIME_CLOSED');
    }));

  it('says when there is no listener', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const listener = await b.pages.listen(() => undefined);
      listener.close();
      const code = await codeOf(a.pages.connect(listener.address, 300 * NS_PER_MS));
      expect(['RUNTIME_UNREACHABLE', 'RUNTIME_TIMEOUT']).toContain(code);
    }));

  it('accepts many streams on one listener', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const inbox = new Inbox<string>();
      const listener = await b.pages.listen((stream) => {
        stream.onFrame((frame) => void stream.send(bytes(`${text(frame)} back`)));
      });
      const streams = await Promise.all(
        Array.from({ length: 8 }, () => a.pages.connect(listener.address, 5 * NS_PER_S)),
      );
      streams.forEach((stream, index) => {
        stream.onFrame((frame) => inbox.take(text(frame)));
        void stream.send(bytes(String(index)));
      });
      const got = [...(await inbox.reaches(8))].sort();
      expect(got).toEqual(Array.from({ length: 8 }, (_, index) => `${index} back`));
      for (const stream of streams) stream.close();
      listener.close();
    }));
}
