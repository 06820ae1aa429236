export { emptyVirtioSlots } from './empty-slots.ts';
export { validateVirtio, virtioStateBytes } from './persist.ts';
export * from './virtio-mmio.ts';
