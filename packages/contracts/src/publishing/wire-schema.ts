// A zod schema as JSON Schema of what travels: fields that a consumer does not know are welcome, so no object is closed.
import { z } from 'zod';
import type { JsonObject } from './json.ts';

/** AsyncAPI 3.0 reads draft 7 without being told; everybody else gets the current one. */
export type Dialect = 'draft-2020-12' | 'draft-7';

export function wireSchema(schema: z.ZodType, dialect: Dialect): JsonObject {
  const { '~standard': _standard, ...found } = z.toJSONSchema(schema, {
    io: 'input',
    target: dialect,
    override: ({ jsonSchema }) => {
      // How zod spells a date as a regular expression may change with any release of zod; the format says the same.
      if (jsonSchema.format === 'date-time' || jsonSchema.format === 'date') delete jsonSchema.pattern;
    },
  });
  return found;
}
