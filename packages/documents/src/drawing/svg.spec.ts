import { expect } from 'chai';
import { createSvg } from './svg.ts';
import { widthOf, type TextStyle } from './text.ts';

const style: TextStyle = { face: 'bold', size: 10, colour: '#17252b' };

describe('drawings for screens', () => {
  it('have the text as text, and nothing in it is markup', () => {
    const svg = createSvg({ width: 200, height: 100 });
    svg.text('<script>alert("票")</script>', { x: 10, y: 10 }, style);
    const text = svg.finish('a & b');
    expect(text).to.contain('&lt;script&gt;alert(&quot;票&quot;)').and.to.contain('<title>a &amp; b</title>');
    expect(text).not.to.contain('<script');
  });
  it('have the places of the page: text that ends at a point is as wide as on paper', () => {
    const svg = createSvg({ width: 200, height: 100 });
    svg.text('补发', { x: 150, y: 10 }, style, 'right');
    svg.box({ x: 1, y: 2, width: 3, height: 4 }, { fill: '#ffffff', radius: 2 });
    svg.turned(90, { x: 5, y: 6 }, () => {
      svg.circle({ x: 5, y: 6 }, 2, { stroke: '#000000' });
    });
    const text = svg.finish('t');
    expect(text).to.contain(`<text x="${150 - widthOf('补发', style)}"`);
    expect(text).to.contain('<rect x="1" y="2" width="3" height="4" rx="2" fill="#ffffff"/>');
    expect(text).to.match(/<g transform="rotate\(90 5 6\)"><circle cx="5" cy="6" r="2" fill="none" stroke="#000000"/);
  });
});
