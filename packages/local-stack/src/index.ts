// The stack as a library: tests, benches and chaos runs start servers or the whole platform through these functions.
export { startServers, type Addresses, type Servers, type StartServersOptions } from './start-servers.ts';
export { startPlatform, type Platform, type StartPlatformOptions } from './start-platform.ts';
export type { ManagedProcess } from './managed-process.ts';
export type { ServerProcess } from './server-process.ts';
export type { ServiceName } from './services.ts';
export { DemoFile } from './card.ts';
export { AlreadyRunning, runningProcess } from './lock.ts';
