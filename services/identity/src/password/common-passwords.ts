// Passwords that are tried first: some 49,000 from published breaches (the package's list), and what it lacks of those that come
// up in China and at our own desks. Kept offline, because a password must not leave the house to be checked.
import { dictionary } from '@zxcvbn-ts/language-common';

const LONG_ONES =
  '123456123456 123456789012 1234567890123 12345678901234 1234567891011 147258369147 147258369000 100200300400 987654321000 ' +
  '987654321987 0987654321abc 131452013145 520131452013 5201314520131 13145201314520 qwertyuiopasdf 1q2w3e4r5t6y7u ' +
  'abcdefghijkl abcdefg12345 abcdef123456 abcd12345678 a12345678900 a123456789012 aa123456789a li1234567890 ' +
  'changemeplease letmeinplease adminadmin12 iloveyouforever correcthorsebatterystaple thequickbrownfox';

/** Each of them is also refused with digits and signs around it, as all of the list are. */
const WORDS =
  'woaini woaiwojia woaizhongguo woaixuexi woshishui wodemima nihao wangjile mima denglu ceshi guanliyuan kefu shouyin jianpiao ' +
  'jingqu menpiao chezhan keyunzhan lvyou piaowu tongpiao tongpiaoadmin weixin wechat zhifubao alipay taobao baidu qq tengxun ' +
  'huawei xiaomi beijing shanghai guangzhou shenzhen hangzhou chengdu xian nanjing huangshan taishan huashan emeishan ' +
  'yuntaishan zhangjiajie jiuzhaigou zhonghua zhongguo xiaoming xiaohong zhangsan lisi wangwu zhangwei wangwei liwei';

export const COMMON_PASSWORDS: ReadonlySet<string> = new Set([
  ...dictionary['passwords-common'],
  ...LONG_ONES.split(' '),
  ...WORDS.split(' '),
]);
