// Templates as data (NOT-02): declared variables, checked when they are loaded, so that a missing variable is an error then and not
// at sending. Values come in as text that is ready to be read; a template only puts them in their places.
import type { Language } from '@tongpiao/contracts';
import type { PrintableTicket } from '@tongpiao/documents/ticket';

type VariableFacts = {
  /** Longest value in characters; longer ones end in an ellipsis. It is what bounds the price of an SMS. */
  readonly max: number;
  /** Hidden where staff look at what was sent (PLA-11). */
  readonly personal?: true;
};
export type Variables = Readonly<Record<string, VariableFacts>>;

type TemplateBase = {
  readonly id: string;
  readonly language: Language;
  readonly version: number;
  readonly variables: Variables;
};

/** The signature 【…】 is the tenant's and stands before the text. */
export type SmsTemplate = TemplateBase & { readonly channel: 'sms'; readonly text: string };

export type MailTemplate = TemplateBase & {
  readonly channel: 'email';
  readonly subject: string;
  readonly text: string;
  /** Values are escaped. `{{items}}` is where the repeated part goes, in text and html. */
  readonly html: string;
  /** Repeated for each item, e.g. each ticket. */
  readonly item?: {
    readonly variables: Variables;
    readonly text: string;
    readonly html: string;
  };
};

export type Template = SmsTemplate | MailTemplate;
export type Values = Readonly<Record<string, string>>;
export type MessageValues = {
  readonly values: Values;
  readonly items?: readonly Values[] | undefined;
  /** Go along with a mail as one PDF, a page each. */
  readonly pages?: readonly PrintableTicket[] | undefined;
};

/** `{name}` is a variable, `{{items}}` and `{{qr}}` are slots that the sender fills. */
const PLACE = /(\{\{[a-z]+\}\}|\{[a-zA-Z]+\})/;

/** Aliyun's bound for one text; the longest that any provider takes. */
const SMS_TEXT_MAX = 500;
/** A signature has 2 to 12 characters, and the brackets count. */
const SIGNATURE_MAX = 14;

/** Cut at whole characters. */
export function bounded(value: string, max: number): string {
  if (value.length <= max) return value;
  const characters = Array.from(value);
  return characters.length <= max ? value : `${characters.slice(0, max - 1).join('')}…`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A text with its places: literals at even, places at odd positions. */
type Compiled = readonly string[];
type Slots = Readonly<Record<string, string>>;

function compile(text: string): Compiled {
  return text.split(PLACE);
}

function fill(
  compiled: Compiled,
  variables: Variables,
  values: Values,
  write: (value: string) => string,
  slots: Slots = {},
): string {
  let filled = '';
  compiled.forEach((part, index) => {
    if (index % 2 === 0) filled += part;
    else if (part.startsWith('{{')) filled += slots[part] ?? '';
    else {
      const name = part.slice(1, -1);
      filled += write(bounded(values[name] ?? '', variables[name]?.max ?? 0));
    }
  });
  return filled;
}

function namesIn(text: string): readonly string[] {
  return compile(text)
    .filter((part, index) => index % 2 === 1 && !part.startsWith('{{'))
    .map((part) => part.slice(1, -1));
}

function textsOf(template: Template): readonly string[] {
  return template.channel === 'sms' ? [template.text] : [template.subject, template.text, template.html];
}

function faultsIn(where: string, texts: readonly string[], variables: Variables): readonly string[] {
  const used = new Set(texts.flatMap(namesIn));
  return [
    ...[...used].filter((name) => !(name in variables)).map((name) => `${where}: {${name}} is not declared`),
    ...Object.keys(variables)
      .filter((name) => !used.has(name))
      .map((name) => `${where}: ${name} is declared and not used`),
  ];
}

/** Longest text that a template can make, signature included. */
export function longestOf(template: SmsTemplate): number {
  const literals = compile(template.text).reduce((sum, part, index) => sum + (index % 2 === 0 ? part.length : 0), 0);
  const values = namesIn(template.text).reduce((sum, name) => sum + (template.variables[name]?.max ?? 0), 0);
  return SIGNATURE_MAX + literals + values;
}

function faultsOf(template: Template): readonly string[] {
  const { id, channel, language, version } = template;
  const where = `${id}/${channel}/${language}/v${version}`;
  const faults = [...faultsIn(where, textsOf(template), template.variables)];
  if (template.channel === 'sms') {
    if (longestOf(template) > SMS_TEXT_MAX) faults.push(`${where}: may be longer than ${SMS_TEXT_MAX} characters`);
    return faults;
  }
  const slots = [template.text, template.html].filter((text) => text.includes('{{items}}')).length;
  if (slots !== (template.item === undefined ? 0 : 2)) faults.push(`${where}: {{items}} and item do not fit together`);
  if (template.item !== undefined) {
    const { text, html, variables } = template.item;
    faults.push(...faultsIn(`${where} item`, [text, html], variables));
  }
  return faults;
}

export type SmsText = { readonly channel: 'sms'; readonly text: string };
export type MailText = {
  readonly channel: 'email';
  readonly subject: string;
  readonly text: string;
  readonly html: string;
};

export type Templates = {
  /** The newest version of a language. */
  newest(id: string, channel: 'sms' | 'email', language: Language): Template;
  /** The version that a message was made with. */
  at(id: string, channel: 'sms' | 'email', language: Language, version: number): Template;
  all(): readonly Template[];
};

/** @throws Error with every fault of every template: variables that are not declared or never used, texts that may get too long. */
export function loadTemplates(list: readonly Template[]): Templates {
  const byVersion = new Map<string, Template>();
  const newest = new Map<string, Template>();
  const faults = list.flatMap(faultsOf);
  for (const template of list) {
    const key = `${template.id}/${template.channel}/${template.language}`;
    if (byVersion.has(`${key}/${template.version}`)) faults.push(`${key}/v${template.version}: defined twice`);
    byVersion.set(`${key}/${template.version}`, template);
    const known = newest.get(key);
    if (known === undefined || known.version < template.version) newest.set(key, template);
  }
  if (faults.length > 0) throw new Error(`templates are not usable:\n${faults.join('\n')}`);
  const found = (template: Template | undefined, what: string): Template => {
    if (template === undefined) throw new Error(`there is no template ${what}`);
    return template;
  };
  return {
    newest: (id, channel, language) =>
      found(newest.get(`${id}/${channel}/${language}`), `${id}/${channel}/${language}`),
    at: (id, channel, language, version) =>
      found(byVersion.get(`${id}/${channel}/${language}/${version}`), `${id}/${channel}/${language}/${version}`),
    all: () => list,
  };
}

/** @throws Error that names what is missing: called before anything is stored, so that sending cannot meet it */
export function assertValues(template: Template, { values, items }: MessageValues): void {
  const missing = Object.keys(template.variables).filter((name) => values[name] === undefined);
  const wanted = template.channel === 'email' ? template.item : undefined;
  const incomplete =
    wanted !== undefined &&
    (items === undefined ||
      items.some((item) => Object.keys(wanted.variables).some((name) => item[name] === undefined)));
  if (missing.length > 0 || incomplete)
    throw new Error(`template ${template.id} lacks ${missing.join(', ')}${incomplete ? ' values of an item' : ''}`);
}

const compiledTexts = new WeakMap<Template, Map<string, Compiled>>();

function compiledOf(template: Template, text: string): Compiled {
  let known = compiledTexts.get(template);
  if (known === undefined) {
    known = new Map();
    compiledTexts.set(template, known);
  }
  let compiled = known.get(text);
  if (compiled === undefined) {
    compiled = compile(text);
    known.set(text, compiled);
  }
  return compiled;
}

const plain = (value: string): string => value;

export function renderSms(template: SmsTemplate, signature: string, values: Values): SmsText {
  const text = fill(compiledOf(template, template.text), template.variables, values, plain);
  // A signature in Latin letters stands in square brackets; all others in 【】.
  const opened = /^[\x20-\x7e]+$/.test(signature) ? `[${signature}]` : `【${signature}】`;
  return { channel: 'sms', text: `${opened}${text}` };
}

/** @param qrOf HTML of an item's QR code, empty where there is none */
export function renderMail(
  template: MailTemplate,
  { values, items = [] }: MessageValues,
  qrOf: (item: Values, index: number) => string,
): MailText {
  const { item, variables } = template;
  const write = (text: string, escape: (value: string) => string, slots?: Slots): string =>
    fill(compiledOf(template, text), variables, values, escape, slots);
  const repeated = (
    text: string,
    escape: (value: string) => string,
    slotsOf: (each: Values, index: number) => Slots,
  ) =>
    item === undefined
      ? ''
      : items
          .map((each, index) => fill(compiledOf(template, text), item.variables, each, escape, slotsOf(each, index)))
          .join('\n');
  return {
    channel: 'email',
    // A header is one line.
    subject: write(template.subject, (value) => value.replaceAll(/[\r\n]+/g, ' ')),
    text: write(template.text, plain, { '{{items}}': repeated(item?.text ?? '', plain, () => ({})) }),
    html: write(template.html, escapeHtml, {
      '{{items}}': repeated(item?.html ?? '', escapeHtml, (each, index) => ({ '{{qr}}': qrOf(each, index) })),
    }),
  };
}

/** As staff may read it: personal values hidden, no QR codes. */
export function hidePersonal(template: Template, { values, items }: MessageValues): MessageValues {
  const hide = (variables: Variables, given: Values): Values =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, variables[name]?.personal === true ? '***' : value]),
    );
  const itemVariables = template.channel === 'email' ? (template.item?.variables ?? {}) : {};
  return {
    values: hide(template.variables, values),
    ...(items === undefined ? {} : { items: items.map((item) => hide(itemVariables, item)) }),
  };
}
