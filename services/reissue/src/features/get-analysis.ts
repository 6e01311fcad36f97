// GET /api/v1/reissue-analysis: how reissuing goes, by month, to tune policy by (REI-51); as JSON, or as a workbook.
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { analysisOf, analysisView } from '../analysis/analysis.ts';
import {
  analysisStages,
  figuresSchema,
  staffErrorFiguresSchema,
  staffErrorStages,
} from '../analysis/analysis.pipeline.ts';
import { workbookOf } from '../analysis/analysis-workbook.ts';
import type { StaffErrors } from '../staff-error/staff-error.store.ts';
import type { Applications } from '../stores.ts';
import { periodFields, periodOf } from './period.ts';

type Parts = { readonly applications: Applications; readonly staffErrors: StaffErrors };

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const HEADERS = { 'Cache-Control': 'private, no-store' };

export function getAnalysis(foundation: Foundation, { applications, staffErrors }: Parts): Route {
  return route({
    method: 'get',
    path: '/api/v1/reissue-analysis',
    summary:
      'Figures of reissuing by month: reasons, channels, times, refusals, appeals, risks, cost of our own faults.',
    description: 'Applications count in the month in which they were submitted. `format=xlsx` answers a workbook.',
    tags: ['reissue'],
    access: { permission: 'reissue:analysis:read' },
    query: z.strictObject({ ...periodFields, format: z.enum(['json', 'xlsx']).default('json') }),
    problems: ['reissue.period-invalid'],
    responses: { 200: analysisView },
    async handler(context) {
      const { from, to, format } = context.query;
      const scope = context.scope();
      const period = periodOf(foundation, scope.tenantId, { from, to });
      const [[figures], [errors]] = await Promise.all([
        applications.aggregate(scope, analysisStages(period)),
        staffErrors.aggregate(scope, staffErrorStages(period)),
      ]);
      const analysis = analysisOf(figuresSchema.parse(figures), staffErrorFiguresSchema.parse(errors), {
        from,
        to,
        timeZone: period.timeZone,
      });
      await foundation.trail.record(scope, 'export', 'reissue-analysis', { from, to, format });
      if (format === 'json') return { status: 200, body: analysis, headers: HEADERS };
      const name = `reissue-${from}-${to}.xlsx`;
      return {
        status: 200,
        raw: await workbookOf(analysis, context.language),
        contentType: XLSX,
        headers: { ...HEADERS, 'Content-Disposition': `attachment; filename="${name}"` },
      };
    },
  });
}
