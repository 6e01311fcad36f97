// What the gateway itself has to refuse, in both languages. Services' own refusals pass through untouched.
import { problem, type ProblemCatalogue } from '@tongpiao/service-shell';

export const GATEWAY_PROBLEMS = {
  'gateway.upstream-unavailable': problem(
    503,
    ['服务暂时不可用', 'The service is not available right now'],
    ['请稍后重试。', 'Try again in a moment.'],
    1,
  ),
  'gateway.breaker-open': problem(
    503,
    ['服务暂时不可用', 'The service is not available right now'],
    ['该服务正在恢复，请稍后重试。', 'The service is recovering; try again in a moment.'],
    2,
  ),
  'gateway.upstream-failed': problem(
    502,
    ['服务连接中断', 'The service broke off'],
    [
      '请求结果未知。请使用相同的 Idempotency-Key 重试。',
      'The outcome is not known. Repeat the request with the same Idempotency-Key.',
    ],
    1,
  ),
  'gateway.upstream-timeout': problem(
    504,
    ['服务响应超时', 'The service took too long'],
    [
      '请求结果未知。请使用相同的 Idempotency-Key 重试。',
      'The outcome is not known. Repeat the request with the same Idempotency-Key.',
    ],
    1,
  ),
  'gateway.overloaded': problem(
    503,
    ['系统繁忙', 'Too busy'],
    ['当前访问量过大，请稍后重试。', 'There are too many requests at the moment; try again shortly.'],
    2,
  ),
  'gateway.uri-too-long': problem(
    414,
    ['地址过长', 'The address is too long'],
    ['请求地址不得超过 {maxBytes} 字节。', 'The address may have at most {maxBytes} bytes.'],
  ),
} as const satisfies ProblemCatalogue;
