// Tags of documents in manifests: the same for the same person on one day at one site, another on another day or site, and far too short
// to be a number in disguise.
import type { TenantId } from '@tongpiao/kernel';
import { Scope, secretKey, type Vault } from '@tongpiao/persistence';
import { expect } from 'chai';
import { createGateDocuments, type GateDocuments, type SealedDocument } from './gate-documents.ts';

const tenantId = 'ten_1' as TenantId;
const scope = Scope.ofTenant(tenantId, { by: 'spec', channel: 'message', cause: 'spec', correlationId: 'spec' });
const key = { kid: 'k1', wrapped: 'w' };
const document = (sealed: string, index?: string): SealedDocument => ({ idType: 'id_card', sealed, index, key });
const at = (number: string, sealed: SealedDocument | undefined, date = '2026-12-02', siteId = 'sit_1') => ({
  ...{ number, siteId, date },
  ...(sealed === undefined ? {} : { document: sealed }),
});

describe('SAL-41 tags of documents', () => {
  let opened: string[];
  let documents: GateDocuments;
  beforeEach(() => {
    opened = [];
    const open = (sealed: string): string => {
      if (sealed === 'broken') throw new Error('sealed with another key');
      opened.push(sealed);
      return sealed.replace('sealed-', '');
    };
    const vault = { recordKey: () => Promise.resolve({ open }) } as unknown as Pick<Vault, 'recordKey'>;
    documents = createGateDocuments({ vault, logger: { warn: () => undefined } }, secretKey(Buffer.alloc(32, 1)));
  });
  const tagsOf = async (...rights: readonly ReturnType<typeof at>[]): Promise<(string | undefined)[]> => {
    const tags = await documents.tagsOf(scope, rights);
    return rights.map(({ number }) => tags.get(number));
  };

  it('one document has one tag a day and site; who has none has no tag', async () => {
    const [one, again, other, nobody] = await tagsOf(
      at('A', document('sealed-1')),
      at('B', document('sealed-1')),
      at('C', document('sealed-2')),
      at('D', undefined),
    );
    expect(one).to.match(/^[\w-]{4}$/);
    expect([again, nobody]).to.deep.equal([one, undefined]);
    expect(other).to.not.equal(one);
  });

  it('days and sites have keys of their own, so that lists do not tell who came again', async () => {
    const card = document('sealed-1', 'i1');
    const tags = await tagsOf(at('A', card), at('B', card, '2026-12-03'), at('C', card, '2026-12-02', 'sit_2'));
    expect(new Set(tags).size).to.equal(3);
    const keys = documents.keysOf(tenantId, { siteId: 'sit_1', dates: ['2026-12-02', '2026-12-03'] });
    expect(Object.keys(keys)).to.deep.equal(['2026-12-02', '2026-12-03']);
    expect(new Set(Object.values(keys)).size).to.equal(2);
    expect(documents.keysOf('ten_2' as TenantId, { siteId: 'sit_1', dates: ['2026-12-02'] })).to.not.deep.equal({
      '2026-12-02': keys['2026-12-02'],
    });
  });

  it('a tag fits thousands of numbers: of 60,000 people some share one', async () => {
    const people = Array.from({ length: 60_000 }, (_, index) => at(`N${index}`, document(`sealed-${index}`)));
    const tags = await tagsOf(...people);
    expect(new Set(tags).size).to.be.within(59_500, 59_999);
  });

  it('a number is unsealed once, however many gates ask', async () => {
    for (let gate = 0; gate < 3; gate += 1) await tagsOf(at('A', document('sealed-1', 'i1')));
    expect(opened).to.have.length(1);
  });

  it('one that cannot be opened has no tag, keeps nobody’s list from being told, and contradicts nobody', async () => {
    const [broken, good] = await tagsOf(at('A', document('broken')), at('B', document('sealed-1')));
    expect(broken).to.equal(undefined);
    expect(good).to.match(/^[\w-]{4}$/);
    expect(await documents.fits(scope, 'sit_1', '2026-12-02:abcd', document('broken'))).to.equal(true);
  });

  it('SAL-42 a tag that a gate tells is compared with the document behind the ticket', async () => {
    const card = document('sealed-1', 'i1');
    const [tag = ''] = await tagsOf(at('A', card));
    expect(await documents.fits(scope, 'sit_1', `2026-12-02:${tag}`, card)).to.equal(true);
    expect(await documents.fits(scope, 'sit_1', `2026-12-03:${tag}`, card)).to.equal(false);
    expect(await documents.fits(scope, 'sit_1', `2026-12-02:${tag}`, document('sealed-2', 'i2'))).to.equal(false);
  });
});
