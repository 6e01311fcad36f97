// Which C library will do, and where a newer one comes from.
import { expect } from 'chai';
import { isRecentEnough, mirrorIn } from './glibc.ts';

describe('glibc', () => {
  it('2.38 and newer will do, older will not', () => {
    expect(['2.38', '2.41', '3.0'].map(isRecentEnough)).to.deep.equal([true, true, true]);
    expect(['2.36', '2.4', '1.99', ''].map(isRecentEnough)).to.deep.equal([false, false, false, false]);
  });

  it("uses the mirror of the machine's own sources, in either notation", () => {
    expect(mirrorIn('deb [arch=amd64] http://mirror.test/debian bookworm main', 'debian')).to.equal(
      'http://mirror.test/debian',
    );
    expect(mirrorIn('Types: deb\nURIs: http://mirror.test/debian/\nSuites: bookworm', 'debian')).to.equal(
      'http://mirror.test/debian/',
    );
  });

  it('is not misled by other archives', () => {
    const sources =
      'deb https://packages.test/cloud bookworm main\nURIs: http://deb.test/debian-security\n# deb http://x.test/debian y';
    expect(mirrorIn(sources, 'debian')).to.equal(undefined);
  });
});
