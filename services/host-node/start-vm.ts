// Starts a VM: the owner record must say that this host runs it in this epoch, its memory must fit, its image must load. Nothing of
// it is left when one of these fails.

import type { Ownership } from '../../shared/cluster/mod.ts';
import { MachineError } from '../../shared/machine/mod.ts';
import type { HostCommand } from '../../shared/protocol/mod.ts';
import type { Clock, LocalDisk } from '../../shared/runtime/mod.ts';
import { hostErrors } from './errors.ts';
import type { PoweredHost } from './powered-host.ts';

export async function startVm(
  host: PoweredHost,
  hostName: string,
  ownership: Ownership,
  images: LocalDisk,
  command: Extract<HostCommand, { kind: 'start' }>,
  clock: Clock,
): Promise<void> {
  const { specification, owner } = command;
  const path = `${specification.image}.elf`;
  const image = await images.read(path);
  if (image === undefined) throw hostErrors.create('HOST_NO_IMAGE', { image: specification.image, path });
  const owned = await ownership.read(owner.vm);
  if (owned?.record.host !== hostName || owned.record.epoch !== owner.epoch || owned.record.released === true) {
    const record = owned === undefined ? 'nothing' : `${owned.record.host} in epoch ${owned.record.epoch}`;
    throw hostErrors.create('HOST_NOT_OWNER', { host: hostName, vm: owner.vm, epoch: owner.epoch, record });
  }
  await host.loop.atBoundary(() => {
    // A copy that is coming in may be about to become the owner's; it is not ours to start beside it.
    if (host.holds(owner.vm))
      throw hostErrors.create('HOST_VM_EXISTS', { vm: owner.vm, host: hostName, epoch: owner.epoch });
    const vm = host.reserve(specification);
    try {
      vm.machine.loadElf(image);
    } catch (error) {
      host.discard(specification, vm);
      if (!(error instanceof MachineError)) throw error;
      throw hostErrors.create('HOST_BAD_IMAGE', { image: specification.image, problem: error.message }, error);
    }
    host.adopt(specification, owned.record, vm);
    vm.resume(clock.now());
    host.loop.wake();
  });
}
