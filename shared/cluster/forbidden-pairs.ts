// Which VM may not be put on which host for now, because the host refused it. There are few of them, so they are a map and not
// columns; the usual question, when there are none, costs one comparison.

export class ForbiddenPairs {
  /** By VM: host and until when. */
  readonly #hosts = new Map<number, Map<number, number>>();

  forbid(vm: number, host: number, untilNs: number): void {
    let hosts = this.#hosts.get(vm);
    if (hosts === undefined) {
      hosts = new Map();
      this.#hosts.set(vm, hosts);
    }
    hosts.set(host, untilNs);
  }

  has(vm: number, host: number, nowNs: number): boolean {
    if (this.#hosts.size === 0) return false;
    const untilNs = this.#hosts.get(vm)?.get(host);
    return untilNs !== undefined && untilNs > nowNs;
  }

  forgetVm(vm: number): void {
    this.#hosts.delete(vm);
  }

  /** Drops what has run out. */
  expire(nowNs: number): void {
    for (const [vm, hosts] of this.#hosts) {
      for (const [host, untilNs] of hosts) if (untilNs <= nowNs) hosts.delete(host);
      if (hosts.size === 0) this.#hosts.delete(vm);
    }
  }
}
