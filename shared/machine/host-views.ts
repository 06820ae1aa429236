// The views of a host's memory that the machine reads and writes through. A shared memory never moves, so they are made
// once for each thread and memory; offsets into them are absolute.

export class HostViews {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly u16: Uint16Array<SharedArrayBuffer>;
  readonly i32: Int32Array<SharedArrayBuffer>;
  readonly f64: Float64Array<SharedArrayBuffer>;
  readonly u64: BigUint64Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;

  constructor(memory: WebAssembly.Memory) {
    const { buffer } = memory;
    if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('host memory has to be shared');
    this.memory = memory;
    this.bytes = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.view = new DataView(buffer);
  }
}
