// What came with mails, for a look at it: the newest ones, up to a number of bytes, so that ten thousand mails with a PDF each do not
// fill the memory of a stand-in.

type Attachment = { readonly filename: string; readonly mimeType: string; readonly content: Buffer };

export type AttachmentShelf = {
  put(mailId: string, attachments: readonly Attachment[]): void;
  /** Undefined for what never was, and for what had to make room. */
  get(mailId: string, index: number): Attachment | undefined;
};

export const createAttachmentShelf = (bytesMax: number): AttachmentShelf => {
  const byMail = new Map<string, readonly Attachment[]>();
  let bytes = 0;
  const sizeOf = (attachments: readonly Attachment[]): number =>
    attachments.reduce((sum, { content }) => sum + content.length, 0);
  return {
    put(mailId, attachments) {
      if (attachments.length === 0) return;
      byMail.set(mailId, attachments);
      bytes += sizeOf(attachments);
      // A map remembers the order in which it was filled.
      for (const [oldest, dropped] of byMail) {
        if (bytes <= bytesMax) break;
        byMail.delete(oldest);
        bytes -= sizeOf(dropped);
      }
    },
    get: (mailId, index) => byMail.get(mailId)?.[index],
  };
};
