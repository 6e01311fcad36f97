// A session of a tenant that is not known here yet waits for it: it is no breach, and it is not lost.
import { sessionChanged } from '@tongpiao/contracts';
import { NotYet } from '@tongpiao/kernel';
import type { Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import { expect } from 'chai';
import type { SessionViews } from '../session-view/session-view.store.ts';
import { onSessionChanged } from './on-session-changed.ts';

describe('on-session-changed', () => {
  it('INV-01 early: a session of a tenant that identity has not told of comes again', async () => {
    const foundation = { tenants: { get: () => undefined } } as unknown as Foundation;
    const envelope = { tenantid: 'ten_later', data: sessionChanged.example };
    const message = { definition: sessionChanged, envelope } as unknown as Received;
    const outcome: unknown = await onSessionChanged(
      foundation,
      {} as SessionViews,
    )(message).catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(NotYet).with.property('code', 'sales.tenant-unknown');
  });
});
