// The API as a service.

export { type ApiOptions, ApiServer } from './api-server.ts';
