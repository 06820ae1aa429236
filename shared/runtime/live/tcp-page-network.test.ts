import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { bytes, codeOf, Inbox, text } from '../contract/world.ts';
import { MAX_FRAME_BYTES, NS_PER_MS, NS_PER_S, type PageStream } from '../mod.ts';
import { TcpPageNetwork, WallClock } from './mod.ts';

const GREETING = Buffer.from([0x4c, 0x4f, 0x50, 1]);
const clock = new WallClock();
const network = new TcpPageNetwork({ clock, deadlines: { heartbeatMs: 20, silenceMs: 100 } });

describe('page network over TCP', () => {
  const open: { destroy(): void }[] = [];
  const servers: Server[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  /** A bare socket to a listener of ours, and what the listener accepts. */
  async function stranger(): Promise<{ readonly socket: Socket; readonly accepted: Inbox<PageStream> }> {
    const accepted = new Inbox<PageStream>();
    const listener = await network.listen(accepted.take);
    const [host, port] = listener.address.split(':');
    const socket = connect({ host: host!, port: Number(port) });
    open.push(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => listener.close());
    await once(socket, 'connect');
    return { socket, accepted };
  }

  it('never shows a service a stranger', async () => {
    const { socket, accepted } = await stranger();
    socket.resume();
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    expect(accepted.items).toEqual([]);
  });

  it('drops who says nothing at all', async () => {
    const { socket, accepted } = await stranger();
    socket.resume();
    await once(socket, 'close');
    expect(accepted.items).toEqual([]);
  });

  it('breaks a stream whose far end falls silent', async () => {
    const { socket, accepted } = await stranger();
    socket.write(GREETING);
    const [stream] = await accepted.reaches(1);
    expect(await stream!.closed).toMatch(/no sign of life/);
    expect(await codeOf(stream!.send(bytes('x')))).toBe('RUNTIME_CLOSED');
  });

  it('breaks a stream that announces too large a frame', async () => {
    const { socket, accepted } = await stranger();
    const length = Buffer.alloc(4);
    length.writeUInt32BE(MAX_FRAME_BYTES + 1);
    socket.write(Buffer.concat([GREETING, length]));
    const [stream] = await accepted.reaches(1);
    expect(await stream!.closed).toMatch(/announces a frame of 2097153 bytes/);
  });

  it('takes the memory of frames that the receiver is done with, and of no others', async () => {
    const { socket, accepted } = await stranger();
    socket.write(GREETING);
    const [stream] = await accepted.reaches(1);
    const inbox = new Inbox<Uint8Array>();
    stream!.onFrame((frame) => {
      inbox.take(frame);
      if (text(frame) === 'done') stream!.recycle?.(frame);
    });
    const send = (word: string) => socket.write(Buffer.concat([Buffer.from([0, 0, 0, word.length]), bytes(word)]));
    // The first one given back has the wrong length for the frame that follows, the second the right one.
    for (const word of ['kept', 'done', 'longer', 'done', 'next', 'last']) send(word);
    const frames = await inbox.reaches(6);
    expect(frames.map((frame) => text(frame))).toEqual(['kept', 'done', 'longer', 'next', 'next', 'last']);
  });

  it('tells the receiver when the far end dies in the middle of a frame', async () => {
    const { socket, accepted } = await stranger();
    socket.write(Buffer.concat([GREETING, Buffer.from([0, 0, 0, 10]), Buffer.from('half')]));
    const [stream] = await accepted.reaches(1);
    const inbox = new Inbox<Uint8Array>();
    stream!.onFrame(inbox.take);
    socket.resetAndDestroy();
    expect(await stream!.closed).toMatch(/broken|far end/);
    expect(inbox.items).toEqual([]);
  });

  it('takes frames however the bytes are cut', async () => {
    const { socket, accepted } = await stranger();
    const sent = Buffer.concat([
      GREETING,
      Buffer.from([0, 0, 0, 3]),
      Buffer.from('abc'),
      Buffer.alloc(4),
      Buffer.from([0, 0, 0, 1, 0x64]),
    ]);
    socket.setNoDelay(true);
    const inbox = new Inbox<string>();
    void accepted.reaches(1).then(([stream]) => stream!.onFrame((frame) => inbox.take(text(frame))));
    for (const byte of sent) await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve));
    expect(await inbox.reaches(3)).toEqual(['abc', '', 'd']);
  });

  it('keeps an idle stream open', async () => {
    const accepted = new Inbox<PageStream>();
    const listener = await network.listen(accepted.take);
    const near = await network.connect(listener.address, NS_PER_S);
    const [far] = await accepted.reaches(1);
    // Three times what silence would have been given.
    const patience = clock.sleep(300 * NS_PER_MS).then(() => 'still open');
    expect(await Promise.race([near.closed, far!.closed, patience])).toBe('still open');
    near.close();
    await far!.closed;
    listener.close();
  });

  it('holds a sender up whose receiver has not come, and loses nothing', async () => {
    const accepted = new Inbox<PageStream>();
    const listener = await network.listen(accepted.take);
    const near = await network.connect(listener.address, NS_PER_S);
    const [far] = await accepted.reaches(1);
    const frame = new Uint8Array(MAX_FRAME_BYTES);
    const sending = Promise.all(Array.from({ length: 40 }, () => near.send(frame)));
    const patience = clock.sleep(200 * NS_PER_MS).then(() => 'held up');
    expect(await Promise.race([sending, patience])).toBe('held up');
    const inbox = new Inbox<Uint8Array>();
    far!.onFrame(inbox.take);
    await sending;
    await inbox.reaches(40);
    near.close();
    listener.close();
  });

  it('gives up a far end that accepts and says nothing', async () => {
    const server = createServer((socket) => open.push(socket)).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await codeOf(network.connect(`127.0.0.1:${port}`, 50 * NS_PER_MS))).toBe('RUNTIME_TIMEOUT');
  });

  it('refuses addresses that are none', async () => {
    for (const address of ['nowhere', 'a:b', 'a:99999', ':1', '']) {
      expect(() => network.connect(address, NS_PER_S)).toThrow(/host:port/);
    }
  });
});
