// The worker script of the executor's tests. Word 0 of a host's memory counts its tasks, word 1 sums their lengths; other words
// tell the runner what to do, so that a test can make it fail, wait for another host, or end its thread.

import { serveExecutor } from '../live/executor-worker.ts';
import { WORD } from './counting-words.ts';

serveExecutor({
  attach(hostId, memory, data) {
    if (hostId === 'refused') throw new Error('no such host');
    const words = new Int32Array(memory.buffer);
    const { meeting } = data as { readonly meeting: SharedArrayBuffer };
    const guests = new Int32Array(meeting);
    return {
      run(fromNs, toNs) {
        Atomics.add(words, WORD.tasks, 1);
        Atomics.add(words, WORD.lengthNs, toNs - fromNs);
        if (words[WORD.fails] === 1) throw new Error(`${hostId} was told to fail`);
        if (words[WORD.ends] === 1) process.exit(7);
        if (words[WORD.meets] === 1) meet(guests);
        for (let turn = 0; turn < words[WORD.turns]!; turn++) words[WORD.spun] = (words[WORD.spun]! * 31 + turn) | 0;
      },
      close() {
        Atomics.add(words, WORD.closed, 1);
      },
    };
  },
});

/** Comes back when two have come; a single thread would wait in vain. */
function meet(guests: Int32Array): void {
  if (Atomics.add(guests, 0, 1) === 0) {
    if (Atomics.wait(guests, 0, 1, 10_000) === 'timed-out') throw new Error('nobody else came');
  } else Atomics.notify(guests, 0);
}
