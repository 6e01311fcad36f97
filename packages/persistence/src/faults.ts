// Named points between one durable step and the next, where a test may let the process fail.
export type Faults = {
  at(point: 'afterCommit' | 'afterPublish', context: { collection: string; id: string }): void | Promise<void>;
};
