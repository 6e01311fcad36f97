// What every server starter needs to know about the stack that it belongs to.
import type { Ports } from './ports.ts';
import type { Secrets } from './secrets.ts';
import type { Warden } from './warden.ts';

export type ServerContext = {
  readonly stateDirectory: string;
  readonly report: (line: string) => void;
  readonly warden: Warden;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly restartCrashed: boolean;
  readonly logFile: (name: string) => string;
};
