export { PERMISSIONS, type Caller, type Permission } from './access.ts';
export { createApp } from './createApp.ts';
export { hardenServer, type ServerTimes } from './hardenServer.ts';
export { Metrics } from './metrics.ts';
export type { AppOptions, ServiceActions } from './options.ts';
export { RondoServer } from './rondoServer.ts';
