import { assertCatalogueComplete, codesThrownUnder, codesWithoutSpecUnder } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { GATEWAY_PROBLEMS } from './gateway-problems.ts';
import { blamesUpstream, BadAnswer, CallerLeft, failureOf, problemOf } from './proxy/failures.ts';

const coded = (code: string): Error => Object.assign(new Error(code), { code });

describe('gateway problems', () => {
  const chosen = (['unreached', 'broken', 'timeout'] as const).map((failure) => problemOf(failure).code);
  const codes: readonly string[] = [...codesThrownUnder(import.meta.dirname), ...chosen];
  it('PLA-31 has words in both languages for everything that it refuses', () => {
    assertCatalogueComplete(GATEWAY_PROBLEMS, codes);
  });
  it('PLA-31 refuses nothing else, and a spec looks at each', () => {
    expect(Object.keys(GATEWAY_PROBLEMS).filter((code) => !codes.includes(code))).to.deep.equal([]);
    expect(codesWithoutSpecUnder(GATEWAY_PROBLEMS, import.meta.dirname)).to.deep.equal([]);
  });

  it('PLA-35 knows what was not sent from what may have been', () => {
    expect(failureOf(coded('ECONNREFUSED'))).to.equal('unreached');
    expect(failureOf(coded('UND_ERR_CONNECT_TIMEOUT'))).to.equal('unreached');
    expect(failureOf(coded('UND_ERR_HEADERS_TIMEOUT'))).to.equal('timeout');
    expect(failureOf(coded('UND_ERR_SOCKET'))).to.equal('broken');
    expect(failureOf(coded('ECONNRESET'))).to.equal('broken');
    expect(failureOf('odd')).to.equal('broken');
  });

  it('PLA-35 blames upstreams for what is theirs', () => {
    expect(blamesUpstream(problemOf('timeout'))).to.equal(true);
    expect(blamesUpstream(new BadAnswer('502'))).to.equal(true);
    expect(blamesUpstream(new CallerLeft('gone'))).to.equal(false);
    expect(blamesUpstream(new Error('a bug of ours'))).to.equal(false);
  });
});
