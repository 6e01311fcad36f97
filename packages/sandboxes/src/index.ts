// What tests and the local stack use of the sandboxes.
export { startSandboxes } from './start-sandboxes.ts';
export type { SandboxOptions, Sandboxes } from './start-sandboxes.ts';
export { PaymentCredentials, credentialsFile } from './payment/credentials.ts';
export type { Settings, SettingsChange, SmsRule } from './settings.ts';
export type { ReceivedMail } from './mail/smtp.ts';
export type { ReceivedSms } from './sms/smsc.ts';
