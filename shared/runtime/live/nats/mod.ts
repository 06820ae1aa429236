// The live transport and store: NATS and JetStream.

export { NatsClient, type NatsClientOptions, type NatsStatus } from './client.ts';
export { findNatsServer, type NatsServer, type NatsServerOptions, startNatsServer } from './server.ts';
export { NatsStore, type NatsStoreOptions } from './store.ts';
export { NatsTransport } from './transport.ts';
