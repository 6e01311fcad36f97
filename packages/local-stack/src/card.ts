// The card that `npm start` ends with: where everything is, who can sign in, and a first purchase to paste into a shell.
// A pure function of the demo file, so that it can be read and tested without starting anything.
import { z } from 'zod';

const TicketType = z.object({ id: z.string(), name: z.string() });
const Product = z.object({ id: z.string(), kind: z.string(), ticketTypes: z.array(TicketType) });
const Gate = z.object({ id: z.string(), name: z.string(), apiKey: z.string() });
const Tenant = z.object({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  products: z.array(Product),
  gates: z.array(Gate),
});
const User = z.object({
  username: z.string(),
  password: z.string(),
  roles: z.array(z.string()),
  // The platform's own administrator belongs to no tenant in particular.
  tenantId: z.string(),
});

/** What `.local/demo.json` holds: the addresses, accounts and ids that people and scripts begin with. */
export const DemoFile = z.object({
  baseUrl: z.string(),
  tenants: z.array(Tenant),
  sandboxes: z.object({ sms: z.string(), mail: z.string(), payment: z.string() }),
  users: z.array(User),
});
export type DemoFile = z.infer<typeof DemoFile>;

export type CardOptions = {
  /** ISO date for the example's first day; tomorrow is a good choice, because today's sessions may be over. */
  readonly from: string;
  /** ISO date, inclusive. */
  readonly to: string;
  readonly limits: 'on' | 'off';
};

type Offer = { readonly productId: string; readonly ticketTypeId: string };

/** A trip needs two stops as well, which would make a poor first example. */
const firstOffer = (demo: DemoFile): Offer | undefined => {
  const products = demo.tenants.flatMap((tenant) => tenant.products);
  for (const product of [...products.filter(({ kind }) => kind !== 'trip'), ...products]) {
    const [ticketType] = product.ticketTypes;
    if (ticketType !== undefined) return { productId: product.id, ticketTypeId: ticketType.id };
  }
  return undefined;
};

const field = (json: string, name: string): string =>
  `$(echo "$${json}" | grep -o '"${name}":"[^"]*"' | head -n 1 | cut -d'"' -f4)`;

const post = (path: string, body: string, headers: readonly string[]): string =>
  [
    `curl -sS -X POST "$BASE/api/v1/${path}" -H 'Content-Type: application/json'`,
    ...['Idempotency-Key: first-purchase-$(date +%s)-$RANDOM$$', ...headers].map((header) => `  -H "${header}"`),
    `  -d '${body}'`,
  ].join(' \\\n');

const purchase = (demo: DemoFile, offer: Offer, options: CardOptions): readonly string[] => {
  const order = JSON.stringify({
    contact: { name: '张三', phone: '13800138000' },
    lines: [
      {
        sessionId: 'SESSION',
        ticketTypeId: offer.ticketTypeId,
        travellers: [{ name: '张三', idType: 'id_card', idNumber: '11010519491231002X' }],
      },
    ],
  }).replace('SESSION', `'"$SESSION"'`);
  return [
    'A first purchase, to paste into a shell:',
    '',
    `BASE=${demo.baseUrl}`,
    `SESSIONS=$(curl -sS "$BASE/api/v1/products/${offer.productId}/availability?from=${options.from}&to=${options.to}")`,
    `SESSION=${field('SESSIONS', 'id')}`,
    `ORDER=$(${post('orders', order, ['Prefer: wait=10'])})`,
    `ID=${field('ORDER', 'id')}; TOKEN=${field('ORDER', 'accessToken')}`,
    post('orders/$ID/payments', '{"method":"sandbox"}', ['Authorization: Bearer $TOKEN']),
    'sleep 2; curl -sS "$BASE/api/v1/orders/$ID" -H "Authorization: Bearer $TOKEN"',
  ];
};

const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

export const renderCard = (demo: DemoFile, options: CardOptions): string => {
  const offer = firstOffer(demo);
  const sections: readonly (readonly string[])[] = [
    [
      'Tongpiao is running. Ctrl-C stops it.',
      '',
      ...indent(
        table([
          ['Platform', demo.baseUrl],
          ['Documentation', `${demo.baseUrl}/docs`],
          ['Sent messages', demo.sandboxes.sms],
          ['Sent mail', demo.sandboxes.mail],
          ['Payments', demo.sandboxes.payment],
        ]),
      ),
    ],
    demo.tenants.length === 0
      ? []
      : ['Tenants', ...indent(table(demo.tenants.map(({ id, kind, name }) => [id, kind, name])))],
    demo.users.length === 0
      ? []
      : [
          'Accounts',
          ...indent(
            table(
              demo.users.map(({ username, password, roles, tenantId }) => [
                username,
                password,
                roles.join(', '),
                tenantId,
              ]),
            ),
          ),
        ],
    offer === undefined ? [] : purchase(demo, offer, options),
    options.limits === 'off'
      ? ['LIMITS=off: limits per address and phone number are lifted for load tests. Production refuses this setting.']
      : [],
  ];
  const rule = '─'.repeat(72);
  const body = sections.filter((section) => section.length > 0).map((section) => section.join('\n'));
  return [rule, body.join('\n\n'), rule].join('\n');
};
