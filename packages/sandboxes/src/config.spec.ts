import { expect } from 'chai';
import { parseConfig } from './config.ts';

const complete = { SMPP_SYSTEM_ID: 'a', SMPP_PASSWORD: 'b', STATE_DIRECTORY: '/state' };

describe('config of the sandboxes', () => {
  it('names every problem at once', () => {
    expect(() => parseConfig({ HTTP_PORT: 'x', SMTP_PORT: '70000' }))
      .to.throw(/HTTP_PORT/)
      .and.to.have.property('message')
      .that.matches(/SMTP_PORT[^]*SMPP_SYSTEM_ID[^]*SMPP_PASSWORD[^]*STATE_DIRECTORY/);
  });

  it('has no default for secrets', () => {
    expect(() => parseConfig({ ...complete, SMPP_PASSWORD: undefined })).to.throw(/SMPP_PASSWORD/);
  });

  it('listens on this machine only, unless told otherwise', () => {
    expect(parseConfig(complete)).to.include({ HTTP_HOST: '127.0.0.1', HTTP_PORT: 9080 });
  });

  it('says of what is missing that it is not set', () => {
    expect(() => parseConfig({ ...complete, STATE_DIRECTORY: undefined })).to.throw(
      /\n {2}STATE_DIRECTORY: is not set$/,
    );
  });
});
