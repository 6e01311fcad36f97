// REI-03: a photo or PDF joins the case, as long as somebody may still look at it. The same file is the same attachment, whoever sends it
// again and however often.
import { DomainError } from '@tongpiao/kernel';
import { attachmentRulesOf } from '../policy/policy.ts';
import { ended } from './ending.ts';
import type { ApplicationCommand, ApplicationEvent, LiveApplication } from './application.ts';

export function addAttachment(
  state: LiveApplication,
  { attachment }: Extract<ApplicationCommand, { type: 'AddAttachment' }>,
): readonly ApplicationEvent[] {
  if (state.attachments.some(({ id }) => id === attachment.id)) return [];
  mayAttach(state);
  return [{ type: 'AttachmentAdded', attachment }];
}

/** @throws DomainError that says why nothing is taken any more; asked before a file is read, too */
export function mayAttach(state: LiveApplication): void {
  switch (state.status) {
    case 'submitted':
    case 'verifying':
    case 'waiting_identity':
    case 'risk_check':
    case 'deciding':
    case 'reviewing':
    case 'material_wanted':
    case 'appealing': {
      const { maxCount } = attachmentRulesOf(state.policy);
      if (state.attachments.length >= maxCount)
        throw new DomainError('reissue.too-many-attachments', 'No more files are taken.', { maxCount });
      return;
    }
    case 'fee_due':
    case 'executing':
      throw new DomainError('reissue.already-decided', 'The application is decided already.', { status: state.status });
    case 'reissued':
    case 'refused':
    case 'withdrawn':
    case 'closed':
      throw ended();
  }
}
