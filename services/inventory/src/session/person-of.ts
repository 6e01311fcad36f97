// Two keys of one desk are one person where two persons are asked for.
import { nameOf, type Principal } from '@tongpiao/service-shell';

export function personOf(principal: Principal): string {
  return principal.type === 'apiKey' ? principal.subject : nameOf(principal);
}
