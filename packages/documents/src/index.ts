// Drawing of PDF documents with Chinese text.
export * from './drawing/document.ts';
export * from './drawing/flow.ts';
export * from './drawing/page.ts';
export * from './drawing/qr.ts';
export * from './drawing/svg.ts';
export type { Column, Table } from './drawing/table.ts';
export * from './drawing/text.ts';
