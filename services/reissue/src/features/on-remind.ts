// reissue.application.remind: a deadline of a case. The case knows whether it still counts. Of a deadline of staff the mailbox that the tenant
// names today for the desk hears (REI-42).
import { remindApplication } from '@tongpiao/contracts';
import { ContractBreach, maskEmail } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { PersonalValue, Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { VERIFYING_DESK } from '../application/application.policy.ts';
import type { Desk } from '../application/application.ts';
import { currentMailboxes, type Policies } from '../policy/policy.store.ts';
import type { Applications } from '../stores.ts';

type Parts = { readonly applications: Applications; readonly policies: Policies };
type Mailboxes = Readonly<Partial<Record<Desk, PersonalValue>>>;

export function onRemind(
  foundation: Foundation,
  { applications, policies }: Parts,
): (message: Received) => Promise<void> {
  /** Under the case's own key; on which desk it lies is looked at when it is decided. */
  async function mailboxes(scope: Scope, id: string): Promise<Mailboxes> {
    const urging = await currentMailboxes(policies, scope);
    const snapshot = await applications.load(scope, id);
    if (snapshot?.key === undefined || Object.keys(urging).length === 0) return {};
    const key = await applications.recordKey(scope, snapshot);
    const named = Object.entries(urging).flatMap(([desk, address]) =>
      address === undefined ? [] : [[desk, { sealed: key.seal(address), masked: maskEmail(address) }] as const],
    );
    return Object.fromEntries(named);
  }

  return async (message) => {
    if (!isMessage(message, remindApplication))
      throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { applicationId, what } = envelope.data;
    const scope = foundation.scopeOf(envelope);
    const known = what === 'decision' ? await mailboxes(scope, applicationId) : {};
    const at = foundation.clock().toISOString();
    await applications.handle(
      scope,
      applicationId,
      (state) => {
        const mailbox = known['desk' in state ? state.desk : VERIFYING_DESK];
        return { type: 'Remind', what, at, ...(mailbox === undefined ? {} : { mailbox }) };
      },
      { messageId: envelope.id },
    );
  };
}
