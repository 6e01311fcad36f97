// A document: pages, the fonts that they use, and what is said about the whole. Everything is in memory until it is finished.
import { fontOf, type Face } from '../font/faces.ts';
import { createEmbeddedFont, type EmbeddedFont } from '../pdf/embedded-font.ts';
import { createPdfFile, numeral, textString } from '../pdf/pdf-file.ts';
import { createPage, FONT_NAMES, type Page, type PageSize } from './page.ts';

export type DocumentFacts = {
  readonly title: string;
  readonly author: string;
  /** Of most of the text; what a reader that speaks needs to know. */
  readonly language: 'zh-CN' | 'en';
  /** When it was drawn up; left out, the same content is the same bytes. */
  readonly at?: Date;
};

export type PdfDocument = {
  page(size: PageSize): Page;
  pages(): readonly Page[];
  /** Called once. */
  finish(): Buffer;
};

/** A bound on memory: a page of text is some 5 kB before it is compressed. */
const PAGES_MAX = 2_000;

export function createDocument(facts: DocumentFacts): PdfDocument {
  const file = createPdfFile();
  const fonts = new Map<Face, EmbeddedFont>();
  const pages: (Page & { readonly operators: readonly string[] })[] = [];

  function fontFor(face: Face): EmbeddedFont {
    const known = fonts.get(face);
    if (known !== undefined) return known;
    const font = createEmbeddedFont(file, fontOf(face));
    fonts.set(face, font);
    return font;
  }

  function information(): string {
    const { title, author, at } = facts;
    const date = at === undefined ? '' : ` /CreationDate (D:${at.toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z)`;
    return `<</Title ${textString(title)} /Author ${textString(author)} /Producer (Tongpiao)${date}>>`;
  }

  return {
    page(size) {
      if (pages.length >= PAGES_MAX) throw new RangeError(`a document has at most ${PAGES_MAX} pages`);
      const page = createPage(size, (face, text) => fontFor(face).encode(text));
      pages.push(page);
      return page;
    },
    pages: () => pages,
    finish() {
      const tree = file.reserve();
      const used = [...fonts].map(([face, font]) => `${FONT_NAMES[face]} ${font.reference}`);
      const resources = file.add(`<</Font <<${used.join(' ')}>>>>`);
      const kids = pages.map(({ size, operators }) => {
        const content = file.addStream('', Buffer.from(operators.join('\n'), 'latin1'));
        const box = `[0 0 ${numeral(size.width)} ${numeral(size.height)}]`;
        return file.add(
          `<</Type /Page /Parent ${tree} /MediaBox ${box} /Resources ${resources} /Contents ${content}>>`,
        );
      });
      for (const font of fonts.values()) font.embed();
      file.add(`<</Type /Pages /Count ${kids.length} /Kids [${kids.join(' ')}]>>`, tree);
      const catalogue = file.add(
        `<</Type /Catalog /Pages ${tree} /Lang (${facts.language}) /ViewerPreferences <</DisplayDocTitle true>>>>`,
      );
      return file.finish(catalogue, file.add(information()));
    },
  };
}
