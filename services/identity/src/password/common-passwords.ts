// A short list of passwords that appear again and again in published breaches and are long enough for us. It is no substitute
// for a breach service, and the README says so; an installation that has one checks there.
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  (
    '123456123456 123456654321 123456789000 123456789012 1234567890123 12345678901234 123456789123 1234567891011 123456789abc ' +
    '1234567890qwe 123123123123 123321123321 111111111111 000000000000 222222222222 333333333333 555555555555 666666666666 ' +
    '777777777777 888888888888 999999999999 112233445566 121212121212 147258369147 147258369000 159357159357 100200300400 ' +
    '987654321000 987654321987 0987654321abc 520520520520 521521521521 131452013145 520131452013 5201314520131 13145201314520 ' +
    'password1234 password12345 password123456 password123! passwordpassword password2023 password2024 password2025 ' +
    'password2026 passw0rd1234 p@ssw0rd1234 p@ssword1234 mypassword123 changeme1234 changemeplease letmein12345 ' +
    'letmeinplease welcome12345 welcome123456 welcome2024! adminadmin12 administrator administrator1 administrator123 ' +
    'admin1234567 admin12345678 admin123456789 admin888888888 root12345678 rootrootroot test12345678 testtesttest ' +
    'qwertyuiop12 qwertyuiop123 qwertyuiop[] qwerty123456 qwerty1234567 qwerty12345678 qwertyqwerty qwertyuiopasdf ' +
    "qwertyasdfgh asdfghjkl123 asdfghjkl;'\\ zxcvbnm12345 zxcvbnm123456 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc " +
    'zaq12wsxcde3 q1w2e3r4t5y6 q1w2e3r4t5y6u7 1q2w3e4r5t6y 1q2w3e4r5t6y7u qazwsxedc123 qazwsxedcrfv abcdefghijkl ' +
    'abcdefg12345 abcdef123456 abc123456789 abcd12345678 a12345678900 a123456789012 a123456a123456 aa123456789a aaaaaaaaaaaa ' +
    'iloveyou1234 iloveyou12345 iloveyouforever woaini123456 woaini1314520 woaini520131 woaiwojia123 woshishui123 ' +
    'wodemima1234 zhang1234567 wang12345678 li1234567890 china1234567 beijing2008! shanghai1234 football1234 basketball12 ' +
    'princess1234 sunshine1234 superman1234 dragon123456 monkey123456 michael12345 charlie12345 trustno1trustno1 ' +
    'correcthorsebatterystaple thequickbrownfox tongpiao1234 tongpiao2024 tongpiao2025 tongpiao2026'
  ).split(' '),
);
