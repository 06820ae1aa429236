export * from './virtio-console.ts';
