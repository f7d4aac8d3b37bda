// What somebody who knows identity pools would point at.
import type { Warning } from '../part/worth';
import { providers, type Whole } from './pool';

export function warnings({ pool, roles }: Whole): Warning[] {
  const found: Warning[] = [];
  const all = providers(pool);
  const to = (to: string, go: string) => ({ to: [to], go });
  if (all.length === 0 && !pool.AllowUnauthenticatedIdentities) found.push({ grave: true, text: 'Nobody can come: there is no provider, and guests stay outside.', ...to('providers', 'Providers') });
  if (all.length > 0 && !roles.Roles.authenticated) found.push({ grave: true, text: 'There is no role for people who have signed in: where no role mapping leads to one, they get no credentials.', ...to('roles', 'Roles') });
  if (pool.AllowUnauthenticatedIdentities && !roles.Roles.unauthenticated) found.push({ grave: true, text: 'Guests may come in, and there is no role for them: they get an identity and no credentials.', ...to('roles', 'Roles') });
  if (!pool.AllowUnauthenticatedIdentities && roles.Roles.unauthenticated) found.push({ grave: false, text: 'There is a role for guests, and guests stay outside.', ...to('roles', 'Roles') });
  const known = new Set(all.flatMap((p) => p.names));
  for (const key of Object.keys(roles.RoleMappings)) {
    if (!known.has(key)) found.push({ grave: true, text: `There is a role mapping for ${key}, which is no provider of the pool any more. Roles cannot be changed before it is gone.`, ...to('roles', 'Roles') });
  }
  const mapped = Object.keys(roles.RoleMappings).length > 0;
  if (mapped && pool.AllowClassicFlow) found.push({ grave: false, text: 'With the classic flow an app chooses its role itself, among those that trust the pool: role mappings have no say in it.' });
  if (mapped && pool.DeveloperProviderName) found.push({ grave: false, text: 'Tokens of the developer provider can be exchanged for any role that trusts the pool: role mappings have no say in it.' });
  for (const p of all) {
    if (p.kind === 'user pool' && !p.check) found.push({ grave: false, text: `Tokens of ${p.text} for ${p.client} count until they expire, also after they were revoked or their user was disabled.`, ...to('providers', 'Look them up') });
  }
  return found;
}
