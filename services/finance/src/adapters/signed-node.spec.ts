import { expect } from 'chai';
import fc from 'fast-check';
import { rawMembers } from './signed-node.ts';

describe('the signed part of an Alipay answer', () => {
  it('is cut out byte for byte', () => {
    const node = '{"qr_code":"https:\\/\\/qr.example\\/a","msg":"a \\"quoted\\" } brace", "list":[1,{"x":[]}]}';
    expect(rawMembers(`{"x_response":${node},"sign":"abc=="}`).get('x_response')).to.equal(node);
  });

  it('is found when the signature comes first', () => {
    expect(rawMembers('{"sign":"abc","x_response":{"code":"1"}}').get('x_response')).to.equal('{"code":"1"}');
  });

  it('is not found where a name occurs twice', () => {
    expect(rawMembers('{"x":{"code":"1"},"x":{"code":"2"},"sign":"s"}').size).to.equal(0);
  });

  it('equals what a JSON parser sees, for any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.jsonValue()), (content) => {
        const members = rawMembers(JSON.stringify(content));
        for (const [name, value] of Object.entries(content)) {
          expect(JSON.parse(members.get(name) ?? 'null')).to.deep.equal(JSON.parse(JSON.stringify(value)));
        }
        expect(members.size).to.equal(Object.keys(content).length);
      }),
    );
  });

  it('survives any text without throwing', () => {
    fc.assert(fc.property(fc.string(), (text) => rawMembers(text).size >= 0));
  });
});
