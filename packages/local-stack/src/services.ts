// The processes that make up the platform, by name. The name is also the database name and the folder under services/.
export const serviceNames = [
  'gateway',
  'identity',
  'sales',
  'inventory',
  'finance',
  'notification',
  'reissue',
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Everything behind the gateway. */
export const backendNames = [
  'identity',
  'sales',
  'inventory',
  'finance',
  'notification',
  'reissue',
] as const satisfies readonly ServiceName[];
