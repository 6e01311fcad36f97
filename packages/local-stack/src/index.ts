// The stack as a library: tests, benches and chaos runs start servers or the whole platform through these functions.
export { startServers, type Addresses, type Servers, type StartServersOptions } from './start-servers.ts';
export type { ServerProcess } from './server-process.ts';
export { AlreadyRunning } from './lock.ts';
