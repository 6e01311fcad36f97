// GET …/attachments and …/attachments/{attachmentId}: what a case has been shown, for whoever may see the case. A file leaves as a
// download that no browser opens on our origin, whatever its content pretends to be (REI-03).
import { DomainError } from '@tongpiao/kernel';
import { rawBody, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { APPLICANT_OR_STAFF, seenApplication } from '../access/may-see-application.ts';
import type { AttachmentBytes } from '../attachment/attachment-bytes.store.ts';
import { attachmentView, fileNameOf, viewAttachment } from '../attachment/attachment-view.ts';
import type { Applications } from '../stores.ts';

const PATH = '/api/v1/reissue-applications/:id/attachments';
const PRIVATE = { 'Cache-Control': 'private, no-store' };

export function getAttachments(
  { clock, trail }: Foundation,
  { applications, bytes }: { readonly applications: Applications; readonly bytes: AttachmentBytes },
): readonly Route[] {
  return [
    route({
      method: 'get',
      path: PATH,
      summary: 'The photos and PDFs of an application, without their content.',
      tags: ['reissue'],
      access: APPLICANT_OR_STAFF,
      responses: { 200: z.object({ items: z.array(attachmentView) }) },
      async handler(context) {
        const { application } = await seenApplication(context, applications, clock(), context.params.id);
        return { status: 200, body: { items: application.attachments.map(viewAttachment) }, headers: PRIVATE };
      },
    }),
    route({
      method: 'get',
      path: `${PATH}/:attachmentId` as const,
      summary: 'One photo or PDF of an application, as it was uploaded.',
      tags: ['reissue'],
      access: APPLICANT_OR_STAFF,
      problems: ['platform.erased'],
      responses: { 200: rawBody('application/octet-stream', 'The file; its type is in Content-Type.') },
      async handler(context) {
        const { id, attachmentId } = context.params;
        const { scope, snapshot, application, staff } = await seenApplication(context, applications, clock(), id);
        const attachment = application.attachments.find((one) => one.id === attachmentId);
        if (attachment === undefined) throw new DomainError('platform.not-found', 'There is no such file.');
        const key = await applications.recordKey(scope, snapshot);
        // What applicants see of their own is nobody's look at personal data.
        if (staff) await trail.record(scope, 'reveal', id, { attachment: attachmentId });
        return {
          status: 200,
          raw: await bytes.read(scope, attachment.blob, key),
          contentType: attachment.type,
          headers: {
            ...PRIVATE,
            'Content-Disposition': `attachment; filename="${fileNameOf(attachment)}"`,
            'Content-Security-Policy': "default-src 'none'; sandbox",
          },
        };
      },
    }),
  ];
}
