// POST …/attachments: one photo or PDF as the request's body. Who asks and whether the case takes files is settled before a byte is read;
// the bytes are stored before the case is told, so what the journal names is there. Nobody scans for viruses: nothing here opens a file.
import { createHash } from 'node:crypto';
import { DomainError, formatId } from '@tongpiao/kernel';
import { mac } from '@tongpiao/persistence';
import { requestFingerprint, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { actorOf } from '../access/acting.ts';
import { APPLICANT_OR_STAFF, seenApplication, type SeenApplication } from '../access/may-see-application.ts';
import { ATTACHMENT_SUBJECTS, type Attachment } from '../application/application.ts';
import { mayAttach } from '../application/attaching.ts';
import type { AttachmentBytes } from '../attachment/attachment-bytes.store.ts';
import { attachmentView, viewAttachment } from '../attachment/attachment-view.ts';
import { inspectFile } from '../attachment/inspect-file.ts';
import { attachmentRulesOf } from '../policy/policy.ts';
import type { Applications } from '../stores.ts';

/** Each holds its file twice, plain and sealed: 4 × 2 × 20 MB is what an instance gives to uploads at most. */
const UPLOADS_AT_ONCE = 4;

const query = z.strictObject({ about: z.enum(ATTACHMENT_SUBJECTS).default('other').describe('What it shows.') });

export function addAttachment(
  foundation: Foundation,
  { applications, bytes: stored }: { readonly applications: Applications; readonly bytes: AttachmentBytes },
): Route {
  const { clock, vault, logger } = foundation;
  const idKey = vault.serviceKey('attachment-ids');
  let underWay = 0;

  /** The same file of the same case has the same id, whoever sends it. */
  const idOf = (seen: SeenApplication, sha256: string): string =>
    formatId<'Attachment'>('att', seen.scope.tenantId, mac(idKey, `${seen.id}|${sha256}`).subarray(0, 12));

  async function takeOver(
    seen: SeenApplication,
    file: Buffer,
    facts: Omit<Attachment, 'id' | 'blob' | 'type' | 'bytes' | 'sha256' | 'pixels' | 'at'>,
    idempotencyKey: string,
  ): Promise<Attachment> {
    const { scope, id, application } = seen;
    const sha256 = createHash('sha256').update(file).digest('hex');
    const attachmentId = idOf(seen, sha256);
    const known = application.attachments.find(({ id: other }) => other === attachmentId);
    if (known !== undefined) return known;
    mayAttach(application);
    const inspected = await inspectFile(file, attachmentRulesOf(application.policy));
    const request = { key: idempotencyKey, fingerprint: requestFingerprint({ sha256, about: facts.about }) };
    const key = await applications.recordKey(scope, seen.snapshot);
    const now = clock();
    const blob = await stored.keep(scope, id, key, file, now);
    const attachment: Attachment = {
      ...{ id: attachmentId, ...facts, ...inspected, bytes: file.length, sha256, blob },
      at: now.toISOString(),
    };
    const { state } = await applications
      .handle(scope, id, { type: 'AddAttachment', attachment }, { request })
      .catch(async (error: unknown) => {
        // Anything else leaves open whether the case has it; the sweep will know.
        if (error instanceof DomainError) await stored.remove(scope, blob);
        throw error;
      });
    const kept = state.status === 'none' ? undefined : state.attachments.find((one) => one.id === attachmentId);
    if (kept === undefined) throw new Error('an attachment was added and is not there');
    // What does not succeed here the sweep does later.
    await (kept.blob === blob ? stored.settle(scope, blob) : stored.remove(scope, blob)).catch((error: unknown) => {
      logger.warn({ err: error, blob }, 'the bytes of an attachment wait for the sweep');
    });
    return kept;
  }

  return route({
    method: 'post',
    path: '/api/v1/reissue-applications/:id/attachments',
    summary: 'Adds a photo or PDF to an application; the body is the file.',
    description:
      'JPEG, PNG, WebP, HEIC or PDF, told by content. The same file again, or the same Idempotency-Key, gives the same attachment.',
    tags: ['reissue'],
    access: APPLICANT_OR_STAFF,
    query,
    upload: true,
    problems: [
      ...['reissue.attachment-empty', 'reissue.attachment-type', 'reissue.attachment-truncated'],
      ...['reissue.attachment-damaged', 'reissue.attachment-pixels', 'reissue.too-many-attachments'],
      ...['reissue.uploads-busy', 'reissue.already-decided', 'reissue.case-ended', 'platform.body-too-large'],
    ],
    responses: { 201: attachmentView },
    async handler(context) {
      const seen = await seenApplication(context, applications, clock(), context.params.id);
      const { maxBytes } = attachmentRulesOf(seen.application.policy);
      // A file that the case has already may come again when it takes no more: it has to be read to be known.
      if (seen.application.attachments.length === 0) mayAttach(seen.application);
      if (underWay >= UPLOADS_AT_ONCE)
        throw new DomainError('reissue.uploads-busy', 'Too many files are being uploaded at once.');
      underWay += 1;
      try {
        const file = await context.readBody(maxBytes);
        const facts = { about: context.query.about, by: actorOf(context.principal) };
        const attachment = await takeOver(seen, file, facts, context.idempotencyKey);
        const where = `/api/v1/reissue-applications/${seen.id}/attachments/${attachment.id}`;
        return { status: 201, body: viewAttachment(attachment), headers: { Location: where } };
      } finally {
        underWay -= 1;
      }
    },
  });
}
