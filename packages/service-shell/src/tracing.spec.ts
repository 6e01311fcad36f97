import { expect } from 'chai';
import { continueTrace, formatTraceparent, parseTraceparent } from './tracing.ts';

const GOOD = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('tracing', () => {
  it('PLA-44 continues the caller’s trace with a step of its own', () => {
    const step = continueTrace(GOOD);
    expect(step).to.include({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', flags: '01' });
    expect(step.spanId).not.to.equal('00f067aa0ba902b7');
    expect(parseTraceparent(formatTraceparent(step))).to.deep.equal(step);
  });

  it('starts a trace where none, or a broken one, came', () => {
    const broken = [
      undefined,
      '',
      'x'.repeat(55),
      GOOD.replace('00-', 'ff-'),
      GOOD.toUpperCase(),
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
    ];
    const ids = broken.map((header) => continueTrace(header).traceId);
    expect(new Set(ids).size).to.equal(broken.length);
    for (const id of ids) expect(id).to.match(/^[0-9a-f]{32}$/);
  });
});
