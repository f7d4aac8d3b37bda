// What somebody who knows the field would point at in a pool's settings.
import type { UserPoolClientType } from '@aws-sdk/client-cognito-identity-provider';
import type { About } from '../aws';
import type { Warning } from '../part/worth';
import type { Seen } from './look';

/** Says whether people sign in with a client, and not only a machine. */
function people(c: UserPoolClientType): boolean {
  return (c.ExplicitAuthFlows?.length ?? 0) > 0 || (c.AllowedOAuthFlows ?? []).some((f) => f !== 'client_credentials');
}

export function warnings({ pool, settings }: Seen, about: About | undefined): Warning[] {
  const found: Warning[] = [];
  const policy = pool.Policies?.PasswordPolicy;
  const codes = pool.AutoVerifiedAttributes ?? [];
  if (about && codes.includes('email') && !about.email) found.push({ grave: true, text: 'Codes should go out by email, and this server has no mail server (message.smtp): they do not arrive.' });
  if (about && (codes.includes('phone_number') || pool.SmsConfiguration) && !about.sms) found.push({ grave: true, text: 'Text messages are wanted, and this server has no gateway for them (message.sms): they do not arrive.' });
  if (codes.length === 0 && !pool.AdminCreateUserConfig?.AllowAdminCreateUserOnly) found.push({ grave: true, text: 'Anybody can sign up, and no address is verified: nobody is confirmed without an administrator or a trigger.', to: ['sign-in'], go: 'Sign-in' });
  if (policy?.MinimumLength !== undefined && policy.MinimumLength < 8) found.push({ grave: true, text: `Passwords of ${policy.MinimumLength} characters are taken.`, to: ['sign-in'], go: 'Password policy' });
  if (pool.MfaConfiguration === 'OFF') found.push({ grave: false, text: 'Nobody can use a second factor.', to: ['sign-in'], go: 'Turn one on' });
  if (settings.length === 0) found.push({ grave: false, text: 'There is no app client yet: without one nobody can sign in.', to: ['clients'], go: 'App clients' });
  for (const c of settings) {
    const at = { to: ['clients', c.ClientId ?? ''], go: 'Its settings' };
    const flows = c.AllowedOAuthFlows ?? [];
    const open = !c.ClientSecret;
    if (flows.includes('implicit')) found.push({ grave: true, text: `${c.ClientName} may use the implicit flow: tokens stand in addresses, and no code challenge (PKCE) protects them.`, ...at });
    if (open && flows.includes('code') && !found.some((w) => w.text.startsWith('Apps without'))) found.push({ grave: false, text: `Apps without a secret, such as ${c.ClientName}, must send a code challenge (PKCE, S256). A code that was asked for without one can be used by whoever sees it.`, ...at });
    if (open && c.ExplicitAuthFlows?.includes('ALLOW_USER_PASSWORD_AUTH')) found.push({ grave: false, text: `${c.ClientName} takes passwords as they are (ALLOW_USER_PASSWORD_AUTH); with SRP they never leave the app.`, ...at });
    if (c.PreventUserExistenceErrors !== 'ENABLED' && people(c)) found.push({ grave: true, text: `${c.ClientName} tells strangers who has an account (PreventUserExistenceErrors).`, ...at });
    if (c.EnableTokenRevocation === false) found.push({ grave: true, text: `Tokens of ${c.ClientName} cannot be revoked.`, ...at });
    for (const url of c.CallbackURLs ?? []) {
      if (/^http:\/\/(?!localhost[:/]|127\.0\.0\.1[:/]|\[::1\][:/])/.test(url)) found.push({ grave: true, text: `${c.ClientName} sends codes to ${url}, without TLS.`, ...at });
    }
  }
  if (settings.some((c) => c.AllowedOAuthFlows?.some((f) => f !== 'client_credentials')) && !pool.Domain && !pool.CustomDomain) found.push({ grave: false, text: 'The pool has no domain: its sign-in pages are found below the path of the pool only.', to: ['outward'], go: 'Domain' });
  return found;
}
