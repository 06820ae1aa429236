// What every version of Transport promises, run against the live and the in-memory one. What only one of them can show is in its own tests.

import { expect, it } from 'vitest';
import { MAX_PAYLOAD_BYTES, NS_PER_MS, NS_PER_S } from '../mod.ts';
import { bytes, codeOf, Inbox, type OpenContractWorld, sharedBytes, text, withNodes } from './world.ts';

export function transportContract(open: OpenContractWorld): void {
  it('delivers in order to everyone who subscribed, the publisher included', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const [inA, inB] = [new Inbox<string>(), new Inbox<string>()];
      a.transport.subscribe('count.>', ({ payload }) => inA.take(text(payload)));
      b.transport.subscribe('count.*', ({ payload }) => inB.take(text(payload)));
      await Promise.all([a.transport.flush(), b.transport.flush()]);
      const sent = Array.from({ length: 50 }, (_, index) => String(index));
      for (const number of sent) a.transport.publish('count.up', bytes(number));
      expect(await inA.reaches(50)).toEqual(sent);
      expect(await inB.reaches(50)).toEqual(sent);
    }));

  it('matches tokens, one by * and one or more by a last >', () =>
    withNodes(open, ['a'], async ({ transport }) => {
      const inbox = new Inbox<string>();
      for (const pattern of ['x.y', 'x.*', '*.y', 'x.>', '>', 'x.*.z', 'x']) {
        transport.subscribe(pattern, ({ subject }) => inbox.take(`${pattern} ${subject}`));
      }
      await transport.flush();
      for (const subject of ['x.y', 'x', 'x.y.z', 'end']) transport.publish(subject, bytes(''));
      const got = [...(await inbox.reaches(11))].sort();
      const expected = ['x.y x.y', 'x.* x.y', '*.y x.y', 'x.> x.y', '> x.y', '> x', 'x x'];
      expect(got).toEqual([...expected, 'x.> x.y.z', '> x.y.z', 'x.*.z x.y.z', '> end'].sort());
    }));

  it('delivers what the payload was when it was published', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const inbox = new Inbox<string>();
      b.transport.subscribe('s', ({ payload }) => {
        // A Buffer would behave differently when it is sliced.
        expect(payload.constructor).toBe(Uint8Array);
        inbox.take(text(payload));
      });
      await b.transport.flush();
      for (const payload of [bytes('before'), Buffer.from('before'), sharedBytes('before')]) {
        a.transport.publish('s', payload);
        payload.set(bytes('later!'));
      }
      expect(await inbox.reaches(3)).toEqual(['before', 'before', 'before']);
    }));

  it('answers a request once, with the first answer', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      b.transport.subscribe('ask', ({ payload, respond }) => {
        respond!(bytes(`${text(payload)}, yes`));
        respond!(bytes('again'));
      });
      await b.transport.flush();
      expect(text(await a.transport.request('ask', bytes('well'), NS_PER_S))).toBe('well, yes');
    }));

  it('offers no respond for what was only published', () =>
    withNodes(open, ['a'], async ({ transport }) => {
      const inbox = new Inbox<unknown>();
      transport.subscribe('s', (message) => inbox.take(message.respond));
      await transport.flush();
      transport.publish('s', bytes(''));
      expect(await inbox.reaches(1)).toEqual([undefined]);
    }));

  it('says when nobody listens, and when nobody answers', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const nobody = await codeOf(a.transport.request('nobody', bytes(''), NS_PER_S));
      expect(['RUNTIME_NO_RESPONDER', 'RUNTIME_TIMEOUT']).toContain(nobody);
      b.transport.subscribe('mute', () => undefined);
      await b.transport.flush();
      expect(await codeOf(a.transport.request('mute', bytes(''), 50 * NS_PER_MS))).toBe('RUNTIME_TIMEOUT');
    }));

  it('delivers nothing after unsubscribe', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const inbox = new Inbox<string>();
      const gone = b.transport.subscribe('s', () => inbox.take('gone'));
      b.transport.subscribe('s', () => inbox.take('here'));
      await b.transport.flush();
      gone.unsubscribe();
      gone.unsubscribe();
      await b.transport.flush();
      a.transport.publish('s', bytes(''));
      a.transport.publish('s', bytes(''));
      expect(await inbox.reaches(2)).toEqual(['here', 'here']);
    }));

  it('refuses what is too large and what is not a subject', () =>
    withNodes(open, ['a'], async ({ transport }) => {
      const thrownCode = (act: () => unknown): unknown => {
        try {
          act();
        } catch (error) {
          return (error as { code?: unknown }).code;
        }
        return 'nothing thrown';
      };
      expect(thrownCode(() => transport.publish('s', new Uint8Array(MAX_PAYLOAD_BYTES)))).toBe('nothing thrown');
      expect(thrownCode(() => transport.publish('s', new Uint8Array(MAX_PAYLOAD_BYTES + 1)))).toBe('RUNTIME_TOO_LARGE');
      for (const subject of ['', 'a b', 'a..b', 'a.*', 'a.>', '.a', 'a.']) {
        expect(thrownCode(() => transport.publish(subject, bytes('')))).toBe('RUNTIME_BAD_NAME');
      }
      for (const pattern of ['', 'a.>.b', 'a b', 'a..*', 'a*']) {
        expect(thrownCode(() => transport.subscribe(pattern, () => undefined))).toBe('RUNTIME_BAD_NAME');
      }
    }));

  it('is of no use once closed, and lets nobody wait', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      b.transport.subscribe('mute', () => undefined);
      await b.transport.flush();
      const waiting = codeOf(a.transport.request('mute', bytes(''), 60 * NS_PER_S));
      await a.transport.close();
      await a.transport.close();
      expect(await waiting).toBe('RUNTIME_CLOSED');
      expect(() => a.transport.publish('s', bytes(''))).toThrow(/closed/);
      expect(() => a.transport.subscribe('s', () => undefined)).toThrow(/closed/);
    }));
}
