// The virtio block device in slot 0 (Virtual I/O Device specification 1.1, section 5.2): read, write, flush, identity, discard and
// write zeroes over the VM's medium. Requests are carried out in the order of the ring and complete before the guest's next
// instruction, so two runs from equal states are equal. Lengths and errors are reported as QEMU 7.2 reports them.

import type { DeviceContext, DeviceType } from '../device.ts';
import { VirtioMmio } from '../virtio-mmio/mod.ts';
import { B_WRITEBACK, BLOCK_QUEUES, BLOCK_STATE_BYTES, BLOCK_STATE_VERSION, validateBlock } from './persist.ts';

export const BLOCK_SLOT = 0;
const DEVICE_ID_BLOCK = 2;
export const SECTOR_BYTES = 512;
/** What GET_ID answers, with one zero behind it; 19 bytes at most. */
export const BLOCK_IDENTITY = 'lightsout';

const F_SEGMENTS_MAX = 1 << 2;
const F_BLOCK_SIZE = 1 << 6;
const F_FLUSH = 1 << 9;
const F_TOPOLOGY = 1 << 10;
const F_WRITE_CACHE_MODE = 1 << 11;
const F_DISCARD = 1 << 13;
const F_WRITE_ZEROES = 1 << 14;
const FEATURES = F_SEGMENTS_MAX | F_BLOCK_SIZE | F_FLUSH | F_TOPOLOGY | F_WRITE_CACHE_MODE | F_DISCARD | F_WRITE_ZEROES;

const CONFIG_BYTES = 57;
const CONFIG_WRITEBACK = 32;
/** Buffers of data in a request; QEMU's number for a queue of 256. */
const SEGMENTS_MAX = 254;
/** Sectors of one discard or write-zeroes request, as QEMU's (2 GiB less a sector, rounded). */
const ERASE_SECTORS_MAX = 0x3f_ffff;

const TYPE_IN = 0;
const TYPE_OUT = 1;
const TYPE_FLUSH = 4;
const TYPE_GET_ID = 8;
const TYPE_DISCARD = 11;
const TYPE_WRITE_ZEROES = 13;
/** A bit of old drivers, which may accompany any type and means nothing any more. */
const TYPE_BARRIER = 1 << 31;

const STATUS_OK = 0;
const STATUS_IO_ERROR = 1;
const STATUS_UNSUPPORTED = 2;

const HEADER_BYTES = 16;
const ERASE_RANGE_BYTES = 16;
const ERASE_FLAG_UNMAP = 1;
/** Chosen: more than 254 buffers of 64 KiB, the most that Linux puts into one; it bounds the work of one instruction. */
const REQUEST_BYTES_MAX = 32 * 1024 * 1024;

const TWO_32 = 2 ** 32;

/** Scratch between medium and RAM; holds nothing from one request to the next. */
const transfer = new Uint8Array(64 * 1024);
const header = new Uint8Array(HEADER_BYTES);
const headerView = new DataView(header.buffer);
const statusByte = new Uint8Array(1);
const identity = new TextEncoder().encode(`${BLOCK_IDENTITY}\0`);

class VirtioBlock extends VirtioMmio {
  protected readonly deviceId: number;
  protected readonly configBytes = CONFIG_BYTES;

  constructor(context: DeviceContext) {
    super(context, 'virtio-block', BLOCK_SLOT, BLOCK_QUEUES, FEATURES);
    this.deviceId = context.mediumBytes >= SECTOR_BYTES ? DEVICE_ID_BLOCK : 0;
  }

  get #sectors(): number {
    return Math.floor(this.context.mediumBytes / SECTOR_BYTES);
  }

  protected configWord(offset: number): number {
    switch (offset) {
      case 0:
        return this.#sectors % TWO_32;
      case 4:
        return Math.floor(this.#sectors / TWO_32);
      case 12:
        return SEGMENTS_MAX;
      case 20:
        return SECTOR_BYTES;
      case CONFIG_WRITEBACK: // and num_queues
        return this.get(B_WRITEBACK) | (BLOCK_QUEUES << 16);
      case 36: // discard: sectors, ranges, alignment
      case 48: // write zeroes: sectors, ranges
        return ERASE_SECTORS_MAX;
      case 40:
      case 44:
      case 52:
      case 56: // may unmap
        return 1;
      default:
        return 0;
    }
  }

  protected writeConfig(offset: number, size: number, value: number): void {
    if (offset === CONFIG_WRITEBACK && size === 1) this.set(B_WRITEBACK, value & 1);
  }

  protected resetDevice(): void {
    this.set(B_WRITEBACK, 1);
  }

  protected serve(queue: number): void {
    while (this.peek(queue)) {
      const { chain } = this;
      if (chain.readableBytes < HEADER_BYTES || chain.writableBytes < 1) {
        this.fail();
        break;
      }
      chain.copyOut(this.context, 0, header, 0, HEADER_BYTES);
      statusByte[0] = this.#carryOut(
        headerView.getUint32(0, true),
        headerView.getUint32(8, true) + headerView.getUint32(12, true) * TWO_32,
      );
      chain.copyIn(this.context, chain.writableBytes - 1, statusByte, 0, 1);
      if (!this.finish(queue, chain.writableBytes)) break;
    }
    this.conclude(queue);
  }

  #carryOut(type: number, sector: number): number {
    const { chain } = this;
    const isOut = (type & TYPE_OUT) !== 0;
    switch (type & ~(TYPE_OUT | TYPE_BARRIER)) {
      case TYPE_IN:
        return isOut
          ? this.#transfer(sector, chain.readableBytes - HEADER_BYTES, true)
          : this.#transfer(sector, chain.writableBytes - 1, false);
      case TYPE_FLUSH: // Writes are in the VM's pages already, which are what is saved and moved.
        return STATUS_OK;
      case TYPE_GET_ID:
        chain.copyIn(this.context, 0, identity, 0, Math.min(identity.length, chain.writableBytes - 1));
        return STATUS_OK;
      case TYPE_DISCARD & ~TYPE_OUT:
      case TYPE_WRITE_ZEROES & ~TYPE_OUT:
        return isOut ? this.#erase(type) : STATUS_UNSUPPORTED;
      default:
        return STATUS_UNSUPPORTED;
    }
  }

  #transfer(sector: number, bytes: number, isWrite: boolean): number {
    if (bytes % SECTOR_BYTES !== 0 || bytes > REQUEST_BYTES_MAX || !this.#isInside(sector, bytes / SECTOR_BYTES)) {
      return STATUS_IO_ERROR;
    }
    const start = sector * SECTOR_BYTES;
    for (let done = 0; done < bytes; ) {
      const count = Math.min(transfer.length, bytes - done);
      if (isWrite) {
        this.chain.copyOut(this.context, HEADER_BYTES + done, transfer, 0, count);
        this.context.mediumWrite(start + done, transfer, 0, count);
      } else {
        this.context.mediumRead(start + done, transfer, 0, count);
        this.chain.copyIn(this.context, done, transfer, 0, count);
      }
      done += count;
    }
    return STATUS_OK;
  }

  /** Discard and write zeroes: one range, which reads as zeros afterwards. */
  #erase(type: number): number {
    const { chain } = this;
    if (chain.readableBytes !== HEADER_BYTES + ERASE_RANGE_BYTES) return STATUS_UNSUPPORTED;
    chain.copyOut(this.context, HEADER_BYTES, header, 0, ERASE_RANGE_BYTES);
    const sector = headerView.getUint32(0, true) + headerView.getUint32(4, true) * TWO_32;
    const sectors = headerView.getUint32(8, true);
    const flags = headerView.getUint32(12, true);
    if ((flags & ~ERASE_FLAG_UNMAP) !== 0 || ((type & ~TYPE_BARRIER) === TYPE_DISCARD && flags !== 0))
      return STATUS_UNSUPPORTED;
    if (sectors > ERASE_SECTORS_MAX || !this.#isInside(sector, sectors)) return STATUS_IO_ERROR;
    transfer.fill(0);
    const end = (sector + sectors) * SECTOR_BYTES;
    for (let at = sector * SECTOR_BYTES; at < end; ) {
      const count = Math.min(transfer.length, end - at);
      this.context.mediumWrite(at, transfer, 0, count);
      at += count;
    }
    return STATUS_OK;
  }

  #isInside(sector: number, sectors: number): boolean {
    return sector + sectors <= this.#sectors;
  }
}

export const virtioBlock: DeviceType = {
  name: 'virtio-block',
  stateBytes: BLOCK_STATE_BYTES,
  stateVersion: BLOCK_STATE_VERSION,
  validateState: validateBlock,
  create: (context) => new VirtioBlock(context),
};
