// POST /api/v1/reissue-applications/{id}/shipment: the new paper ticket goes by post; staff note where it can be followed, and the
// applicant is told (REI-30). The sheet itself is printed with the ticket's own print (SAL-32).
import { DomainError } from '@tongpiao/kernel';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { seenApplication } from '../access/may-see-application.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import type { Applications } from '../stores.ts';

const body = z.strictObject({
  carrier: z.string().trim().min(2).max(20),
  trackingNumber: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[0-9A-Z-]{6,20}$/)
    .describe('6 to 20 letters, digits and hyphens.'),
  serial: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[0-9A-Z][0-9A-Z-]{3,19}$/)
    .optional()
    .describe('Of the numbered sheet that is sent.'),
});

export function shipTicket(foundation: Foundation, applications: Applications): Route {
  return route({
    method: 'post',
    path: '/api/v1/reissue-applications/:id/shipment',
    summary: 'Notes by which post the new paper ticket goes; a mistyped number is put right the same way.',
    tags: ['reissue'],
    access: { permission: 'reissue:applications:create' },
    body,
    problems: ['reissue.not-reissued', 'reissue.too-many-shipments'],
    responses: { 200: applicationView },
    async handler(context) {
      const { principal, body: given } = context;
      const { scope, id, staff, open } = await seenApplication(
        context,
        applications,
        foundation.clock(),
        context.params.id,
      );
      if (!staff || principal.type !== 'user') throw new DomainError('platform.forbidden', 'Staff send tickets.');
      const { carrier, trackingNumber, serial } = given;
      const shipment = {
        ...{ carrier, trackingNumber, by: principal.id, at: foundation.clock().toISOString() },
        ...(serial === undefined ? {} : { serial }),
      };
      const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
      const { state } = await applications.handle(scope, id, { type: 'RecordShipment', shipment }, { request });
      if (state.status === 'none') throw new Error('an application vanished');
      return { status: 200, body: viewApplication(id, scope.tenantId, state, true, open) };
    },
  });
}
