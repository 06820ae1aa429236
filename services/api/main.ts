// The process of the API.

import { runService } from '../../shared/runtime/live/mod.ts';
import { numberSetting, readConfiguration, textSetting } from '../../shared/runtime/mod.ts';
import { ApiServer } from './mod.ts';

const settings = readConfiguration(process.env, {
  address: textSetting('LIGHTSOUT_API_ADDRESS', '127.0.0.1'),
  port: numberSetting('LIGHTSOUT_API_PORT', 8420, { minimum: 0, maximum: 65_535, whole: true }),
});

await runService('api', process.env, async ({ ports, log }) => {
  const server = new ApiServer(ports, { ...settings, log });
  await server.start();
  return server;
});
