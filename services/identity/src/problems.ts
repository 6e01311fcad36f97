// What identity refuses, in both languages.
import { problem, type ProblemCatalogue } from '@tongpiao/service-shell';

export const problems: ProblemCatalogue = {
  'identity.sign-in-refused': problem(
    401,
    ['登录失败', 'Sign-in refused'],
    ['账号、密码或验证码不正确。', 'The name, the password or the code is not right.'],
  ),
  'identity.session-over': problem(
    401,
    ['登录状态已失效', 'The session is over'],
    ['登录状态已失效，请重新登录。', 'Sign in again.'],
  ),
  'identity.too-many-attempts': problem(
    429,
    ['登录尝试过多', 'Too many failed sign-ins'],
    ['请在 {retryAfterSeconds} 秒后重试。', 'Try again in {retryAfterSeconds} seconds.'],
  ),
  'identity.too-many-codes': problem(
    429,
    ['验证码发送过于频繁', 'Too many codes'],
    [
      '该号码或邮箱的验证码发送过多，请在 {retryAfterSeconds} 秒后重试。',
      'Too many codes were sent there; ask for the next one in {retryAfterSeconds} seconds.',
    ],
  ),
  'identity.sign-ins-busy': problem(
    503,
    ['登录繁忙', 'Too many people are signing in'],
    ['当前登录人数较多，请稍后重试。', 'Try again in a moment.'],
    2,
  ),
  'identity.totp-required': problem(
    401,
    ['需要动态验证码', 'A code is needed as well'],
    [
      '请输入身份验证器中的 6 位验证码，或一个恢复码。',
      'Give the six digits of your authenticator, or one of your recovery codes.',
    ],
  ),
  'identity.totp-wrong': problem(
    422,
    ['验证码不正确', 'The code is not right'],
    ['请核对手机时间，再输入新的验证码。', 'Check the clock of your phone and give the next code.'],
  ),
  'identity.totp-not-offered': problem(
    409,
    ['请先获取密钥', 'Ask for a secret first'],
    [
      '没有待确认的密钥，或已超过 {minutes} 分钟，请重新获取。',
      'There is no secret to be confirmed, or it is older than {minutes} minutes; ask for a new one.',
    ],
  ),
  'identity.totp-active': problem(
    409,
    ['已启用动态验证码', 'There is a second factor already'],
    ['请先停用，再重新设置。', 'Take it away before you set up another one.'],
  ),
  'identity.password-too-short': problem(
    400,
    ['密码过短', 'The password is too short'],
    ['密码至少需要 {min} 个字符。', 'A password has at least {min} characters.'],
  ),
  'identity.password-too-common': problem(
    400,
    ['密码过于常见', 'The password is too common'],
    ['该密码容易被猜到，请换一个。', 'This password is one of those that are tried first; take another one.'],
  ),
  'identity.no-password': problem(
    409,
    ['该账号没有密码', 'This account has no password'],
    ['游客通过验证码登录。', 'Travellers sign in with a code.'],
  ),
  'identity.username-taken': problem(
    409,
    ['用户名已被使用', 'The username is taken'],
    ['请换一个用户名。', 'Take another username.'],
  ),
  'identity.role-not-yours': problem(
    403,
    ['不能授予该角色', 'This role cannot be given here'],
    ['不能在此授予角色 {role}。', 'The role {role} cannot be given here by you.'],
  ),
  'identity.not-yourself': problem(
    403,
    ['不能修改自己的账号', 'Not your own account'],
    ['角色与状态须由他人修改。', 'Somebody else has to change your roles or status.'],
  ),
  'identity.roles-not-for-travellers': problem(
    409,
    ['游客账号没有角色', 'Travellers have no roles'],
    ['游客账号不能成为员工账号。', 'A traveller’s account cannot become one of staff.'],
  ),
  'identity.unknown-tenant': problem(
    422,
    ['租户不存在', 'Unknown tenant'],
    ['没有编号为 {tenantId} 的租户，或该租户已停用。', 'There is no tenant {tenantId}, or it is suspended.'],
  ),
  'identity.unknown-gate': problem(
    422,
    ['闸机不存在', 'Unknown gate'],
    ['该租户没有编号为 {subject} 的闸机。', 'The tenant has no gate {subject}.'],
  ),
  'identity.two-keys-already': problem(
    409,
    ['已有两个有效密钥', 'There are two keys already'],
    ['最多 {max} 个密钥同时有效，请先吊销其中一个。', 'At most {max} keys are valid at a time; revoke one first.'],
  ),
  'identity.too-many-sites': problem(
    409,
    ['站点数量已达上限', 'No more sites'],
    ['一个租户最多 {max} 个站点。', 'A tenant has at most {max} sites.'],
  ),
  'identity.too-many-gates': problem(
    409,
    ['闸机数量已达上限', 'No more gates'],
    ['一个站点最多 {max} 个闸机。', 'A site has at most {max} gates.'],
  ),
};
