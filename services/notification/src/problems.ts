// What notification refuses, in both languages.
import { problem, type ProblemCatalogue } from '@tongpiao/service-shell';

export const problems: ProblemCatalogue = {
  'notification.message-unknown': problem(
    404,
    ['没有此条消息', 'There is no such message'],
    ['找不到该消息。', 'No message of yours has this id.'],
  ),
  'notification.cursor-invalid': problem(
    400,
    ['翻页标记无效', 'The cursor is not valid'],
    ['请使用上一页返回的 next 值。', 'Use the value of next from the page before.'],
  ),
};
