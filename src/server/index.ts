export { RondoServer, type ServerLog } from './rondoServer.ts';
