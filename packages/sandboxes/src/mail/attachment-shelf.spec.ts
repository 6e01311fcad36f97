import { expect } from 'chai';
import { createAttachmentShelf } from './attachment-shelf.ts';

const of = (bytes: number): { filename: string; mimeType: string; content: Buffer } => ({
  filename: 'a.pdf',
  mimeType: 'application/pdf',
  content: Buffer.alloc(bytes),
});

describe('shelf of attachments', () => {
  it('keeps the newest within its bytes', () => {
    const shelf = createAttachmentShelf(100);
    shelf.put('mail-1', [of(40), of(20)]);
    shelf.put('mail-2', [of(40)]);
    expect(shelf.get('mail-1', 1)?.content.length).to.equal(20);
    shelf.put('mail-3', [of(30)]);
    expect(['mail-1', 'mail-2', 'mail-3'].map((id) => shelf.get(id, 0)?.content.length)).to.deep.equal([
      undefined,
      40,
      30,
    ]);
    shelf.put('mail-4', [of(101)]);
    expect(['mail-3', 'mail-4'].map((id) => shelf.get(id, 0))).to.deep.equal([undefined, undefined]);
  });
});
