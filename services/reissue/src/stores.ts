// The aggregates of reissue under one name each, as slices receive them.
import type { AggregateStore, Snapshot } from '@tongpiao/persistence';
import type { ApplicationCommand, ApplicationEvent, ApplicationState } from './application/application.ts';

export type Applications = AggregateStore<ApplicationState, ApplicationCommand, ApplicationEvent>;
export type ApplicationSnapshot = Snapshot<ApplicationState>;
