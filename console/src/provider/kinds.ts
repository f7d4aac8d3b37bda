// The kinds of identity providers that Cognito knows, and what each has to be told.
import type { IdentityProviderTypeType } from '@aws-sdk/client-cognito-identity-provider';

export interface Field {
  key: string;
  text: string;
  about?: string;
  optional?: boolean;
  /** Written, and never shown again. */
  secret?: boolean;
  /** Several lines, or a file. */
  file?: string;
  choices?: string[];
  yes?: boolean;
  /** Few need it: shown on demand, below these words. */
  below?: string;
  first?: string;
}

export interface Kind {
  text: string;
  /** Its users' names come from there, and nothing else may be mapped to username. */
  subject?: string;
  /** The provider has the name of its kind. */
  fixed?: boolean;
  fields: Field[];
  mapping: Record<string, string>;
}

const id: Field = { key: 'client_id', text: 'Client ID' };
const secret: Field = { key: 'client_secret', text: 'Client secret', secret: true };
const scopes = (first: string): Field => ({ key: 'authorize_scopes', text: 'Scopes', about: 'With blanks between them.', first });
const address = (key: string, text: string): Field => ({ key, text, optional: true, below: 'The provider has no discovery' });

export const kinds: Partial<Record<IdentityProviderTypeType, Kind>> = {
  OIDC: {
    text: 'OpenID Connect', subject: 'sub', mapping: { email: 'email', email_verified: 'email_verified', name: 'name' },
    fields: [
      { key: 'oidc_issuer', text: 'Issuer', about: 'Spelled as in its discovery document.' }, id, secret, scopes('openid email profile'),
      { key: 'attributes_request_method', text: 'Attributes are asked for by', choices: ['GET', 'POST'], first: 'GET' },
      address('authorize_url', 'Authorization endpoint'), address('token_url', 'Token endpoint'), address('attributes_url', 'UserInfo endpoint'), address('jwks_uri', 'Keys (JWKS)'),
    ],
  },
  SAML: {
    text: 'SAML 2.0', mapping: { email: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress' },
    fields: [
      { key: 'MetadataURL', text: 'Metadata at', about: 'Read again every six hours.', optional: true },
      { key: 'MetadataFile', text: 'Metadata as a file', about: 'Instead of the address.', optional: true, file: '.xml,application/xml,text/xml' },
      { key: 'RequestSigningAlgorithm', text: 'Sign requests', choices: ['', 'rsa-sha256'], optional: true },
      { key: 'EncryptedResponses', text: 'Responses are encrypted', yes: true, optional: true },
      { key: 'IDPSignout', text: 'Sign out there as well', yes: true, optional: true },
      { key: 'IDPInit', text: 'It may send people whom nobody asked for', yes: true, optional: true, about: 'Whoever gets somebody to follow such a link signs them in. Leave it off where you can.' },
    ],
  },
  Google: { text: 'Google', subject: 'sub', fixed: true, fields: [id, secret, scopes('openid email profile')], mapping: { email: 'email', email_verified: 'email_verified', name: 'name' } },
  Facebook: { text: 'Facebook', subject: 'id', fixed: true, fields: [id, secret, scopes('public_profile email'), { key: 'api_version', text: 'API version', optional: true }], mapping: { email: 'email', name: 'name' } },
  SignInWithApple: {
    text: 'Apple', subject: 'sub', fixed: true, mapping: { email: 'email' },
    fields: [{ ...id, text: 'Services ID' }, { key: 'team_id', text: 'Team ID' }, { key: 'key_id', text: 'Key ID' }, { key: 'private_key', text: 'Private key', secret: true, file: '.p8', about: 'The file that Apple gives, once.' }, scopes('name email')],
  },
  LoginWithAmazon: { text: 'Amazon', subject: 'user_id', fixed: true, fields: [id, secret, scopes('profile')], mapping: { email: 'email', name: 'name' } },
};

export function fieldsOf(kind: string): Field[] {
  return kinds[kind as IdentityProviderTypeType]?.fields ?? [];
}

/** Details without what must not be seen. */
export function shownDetails(kind: string, details: Record<string, string> | undefined): Record<string, string> {
  const hidden = new Set(fieldsOf(kind).filter((f) => f.secret).map((f) => f.key));
  return Object.fromEntries(Object.entries(details ?? {}).map(([k, v]) => [k, hidden.has(k) ? '…' : v]));
}
