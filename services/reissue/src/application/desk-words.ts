// What desks are called, in refusals and dossiers.
import type { Bilingual } from '@tongpiao/contracts';
import type { Desk } from './application.ts';

export const DESK_WORDS: Readonly<Record<Desk, Bilingual>> = {
  operator: { zh: '受理员', en: 'Operator' },
  reviewer: { zh: '审核员', en: 'Reviewer' },
  manager: { zh: '经理', en: 'Manager' },
};
