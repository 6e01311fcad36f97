// The order in which ports are tried; whether they are free is a matter for the machine.
import { expect } from 'chai';
import { candidates } from './ports.ts';

describe('port candidates', () => {
  it('try the usual port first, then the one from last time, then others', () => {
    const tried = candidates(8080, 21_000, () => 0.5, 1);
    expect(tried).to.deep.equal([8080, 21_000, 26_000]);
  });

  it('try the one from last time first when there is no usual one', () => {
    expect(candidates(undefined, 21_000, () => 0)[0]).to.equal(21_000);
  });

  it('stay below the range that the system hands to outgoing connections', () => {
    let step = 0;
    const tried = candidates(undefined, undefined, () => (step = (step + 0.017) % 1), 100);
    expect(Math.min(...tried)).to.be.at.least(20_000);
    expect(Math.max(...tried)).to.be.below(32_000);
  });

  it('name no port twice', () => {
    expect(candidates(8080, 8080, () => 0, 3)).to.deep.equal([8080, 20_000]);
  });
});
