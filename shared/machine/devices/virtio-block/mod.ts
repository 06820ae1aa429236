export * from './virtio-block.ts';
