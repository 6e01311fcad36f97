// What inventory refuses, in both languages.
import { problem, type ProblemCatalogue } from '@tongpiao/service-shell';

export const problems: ProblemCatalogue = {
  'inventory.unknown-site': problem(
    422,
    ['景点或车站不存在', 'Unknown site'],
    ['本租户没有编号为 {siteId} 的景点或车站。', 'Your tenant has no site {siteId}.'],
  ),
  'inventory.unknown-hold': problem(
    409,
    ['占位尚未就绪', 'The hold is not there yet'],
    ['占位请求尚未处理，系统将自动重试。', 'The places have not been set aside yet; it is tried again by itself.'],
    1,
  ),
  'inventory.capacity-below-sold': problem(
    409,
    ['容量低于已售数量', 'Capacity below what is sold'],
    [
      '已占用或售出的名额多于新容量 {capacity}，请先处理已售票。',
      'More places are held or sold than the new capacity of {capacity}; settle the sold tickets first.',
    ],
  ),
};
