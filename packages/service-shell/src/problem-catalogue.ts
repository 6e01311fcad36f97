// The refusals that every service shares, in both languages. Codes are stable for ever; words may improve.
import type { Text } from './language.ts';

export type ProblemDefinition = {
  /** 400 … 599 */
  readonly status: number;
  readonly title: Text;
  /** May hold `{placeholders}`, filled from the error's data. */
  readonly detail: Text;
  /** Values of placeholders that have a name of their own in both languages, such as a status; all others are shown as they are. */
  readonly names?: Readonly<Record<string, Text>>;
  /** When trying again makes sense: sent as Retry-After unless the error's data has `retryAfterSeconds`. */
  readonly retryAfterSeconds?: number;
};

/** Error code → what the caller is told. */
export type ProblemCatalogue = Readonly<Record<string, ProblemDefinition>>;

/** `problem(409, ['标题', 'Title'], ['详情', 'Detail'])`, so that a catalogue reads as a table. */
export function problem(
  status: number,
  title: readonly [zh: string, en: string],
  detail: readonly [zh: string, en: string],
  retryAfterSeconds?: number,
): ProblemDefinition {
  return {
    status,
    title: { zh: title[0], en: title[1] },
    detail: { zh: detail[0], en: detail[1] },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** A refusal whose placeholders hold values that only code understands: `naming({ used: { zh: '已使用', en: 'used' } }, problem(…))`. */
export function naming(names: Readonly<Record<string, Text>>, definition: ProblemDefinition): ProblemDefinition {
  return { ...definition, names };
}

export const PLATFORM_PROBLEMS = {
  'platform.unknown-tenant': problem(
    404,
    ['租户不存在', 'There is no such tenant'],
    ['找不到该景区或车站。', 'No site or station has this id.'],
  ),
  'platform.invalid-request': problem(
    400,
    ['请求内容有误', 'The request is not valid'],
    ['请按 errors 中的说明更正后重试。', 'Correct the fields listed in errors and try again.'],
  ),
  'platform.malformed-json': problem(
    400,
    ['请求不是有效的 JSON', 'The body is not valid JSON'],
    [
      '请求正文无法解析为 UTF-8 编码的 JSON，请检查引号、括号、逗号和编码。',
      'The body could not be read as JSON in UTF-8; check quotes, brackets, commas and encoding.',
    ],
  ),
  'platform.body-too-large': problem(
    413,
    ['请求正文过大', 'The body is too large'],
    ['请求正文不得超过 {maxBytes} 字节。', 'The body may have at most {maxBytes} bytes.'],
  ),
  'platform.unsupported-media-type': problem(
    415,
    ['不支持的内容类型', 'This media type is not supported'],
    ['此接口接受 {accepted}。', 'This call accepts {accepted}.'],
  ),
  'platform.unauthenticated': problem(
    401,
    ['需要登录', 'Sign-in is needed'],
    [
      '缺少凭证，或凭证无效。请登录后重试，或提供该记录的令牌或 API 密钥。',
      'Credentials are missing or not valid. Sign in, or send the token of the record, or an API key.',
    ],
  ),
  'platform.token-expired': problem(
    401,
    ['登录已过期', 'The sign-in has expired'],
    ['访问令牌已过期，请刷新后重试。', 'The access token has expired; refresh it and try again.'],
  ),
  'platform.forbidden': problem(
    403,
    ['没有权限', 'Not allowed'],
    [
      '当前凭证无权执行此操作；请由有权限的账号办理，或联系管理员。',
      'These credentials may not do this; use an account that may, or ask an administrator.',
    ],
  ),
  'platform.not-found': problem(
    404,
    ['未找到', 'Not found'],
    ['所请求的内容不存在。', 'There is nothing of that name.'],
  ),
  'platform.method-not-allowed': problem(
    405,
    ['不支持的请求方法', 'This method is not allowed here'],
    ['此地址支持的方法：{allowed}。', 'This address knows {allowed}.'],
  ),
  'platform.conflict': problem(
    409,
    ['内容冲突', 'Conflict'],
    ['已存在相同的记录。', 'There is already such a record.'],
  ),
  'platform.erased': problem(
    410,
    ['个人信息已删除', 'The personal data were erased'],
    ['此记录中的个人信息已依法删除。', 'The personal data of this record were erased.'],
  ),
  'platform.idempotency-key-required': problem(
    400,
    ['缺少 Idempotency-Key', 'An Idempotency-Key is needed'],
    ['请在请求头 Idempotency-Key 中提供唯一的随机值。', 'Send a unique random value in the header Idempotency-Key.'],
  ),
  'platform.idempotency-key-invalid': problem(
    400,
    ['Idempotency-Key 无效', 'The Idempotency-Key is not valid'],
    [
      'Idempotency-Key 须为 22 至 200 个可见 ASCII 字符。',
      'The Idempotency-Key must be 22 to 200 visible ASCII characters.',
    ],
  ),
  'platform.idempotency-key-reused': problem(
    422,
    ['Idempotency-Key 已用于其他请求', 'The Idempotency-Key belongs to another request'],
    ['相同的 Idempotency-Key 只能用于内容相同的请求。', 'The same Idempotency-Key may only repeat the same request.'],
  ),
  'platform.still-running': problem(
    409,
    ['请求仍在处理中', 'The request is still being worked on'],
    ['相同的请求正在处理，请稍后重试。', 'The same request is still running; try again in a moment.'],
    1,
  ),
  'platform.precondition-failed': problem(
    412,
    ['内容已被修改', 'It was changed meanwhile'],
    ['内容已被他人修改，请刷新后重试。', 'Somebody else changed it; read it again and repeat the change.'],
  ),
  'platform.precondition-required': problem(
    428,
    ['缺少 If-Match', 'If-Match is needed'],
    [
      '请在请求头 If-Match 中提供所读版本的 ETag。',
      'Send the ETag of the version that you read in the header If-Match.',
    ],
  ),
  'platform.rate-limited': problem(
    429,
    ['请求过于频繁', 'Too many requests'],
    ['请稍后重试。', 'Wait a moment and try again.'],
    1,
  ),
  'platform.unavailable': problem(
    503,
    ['服务暂时不可用', 'Temporarily unavailable'],
    ['系统繁忙，请稍后重试。', 'Try again in a moment.'],
    1,
  ),
  'platform.trust-stale': problem(
    503,
    ['暂时无法验证凭证', 'Credentials cannot be checked right now'],
    [
      '凭证校验信息暂不可用，请稍后重试。',
      'The facts for checking credentials are out of date; try again in a moment.',
    ],
    1,
  ),
  'platform.internal': problem(
    500,
    ['系统内部错误', 'Something went wrong inside'],
    [
      '系统发生错误，已记录。请提供 traceId 以便查询。',
      'The error was recorded. Quote the traceId when you ask about it.',
    ],
  ),
} as const satisfies ProblemCatalogue;
