// The settings of connections as people read them. Which of them a method has, the server tells; one that is not named here is asked
// for by its own name.

export interface Field {
  label: string;
  about?: string;
  example?: string;
  kind?: 'text' | 'list' | 'yes' | 'long' | 'choice';
  choices?: Record<string, string>;
  /** It stands with the advanced settings. */
  advanced?: boolean;
}

const fields: Record<string, Field> = {
  pool_id: { label: 'Pool ID', about: 'Of the Cognito user pool where your people are.', example: 'us-east-1_AbCd12345' },
  region: { label: 'Region', about: 'The AWS Region of that pool: what stands before the underscore of its ID.', example: 'us-east-1' },
  client_id: { label: 'Client ID', about: 'What the provider calls this server: of the application that is registered there.' },
  issuer_url: { label: 'Issuer URL', about: 'The address of the provider. Below it is /.well-known/openid-configuration. Of a provider without ID tokens: what it calls itself in its answers.', example: 'https://login.example.com' },
  domain: { label: 'Domain', about: 'The host name of your organization at the provider.', example: 'example.okta.com' },
  tenant_id: { label: 'Directory (tenant) ID', about: 'Of one Microsoft Entra directory.' },
  team_id: { label: 'Team ID', about: 'Of your Apple developer account.' },
  key_id: { label: 'Key ID', about: 'Of the private key.' },
  metadata_url: { label: 'Metadata URL', about: 'Where the provider describes itself. Either this or the document itself.', example: 'https://login.example.com/metadata.xml' },
  metadata_xml: { label: 'Metadata', about: 'The XML document in which the provider describes itself, where it has no address.', kind: 'long' },
  scopes: { label: 'Scopes', about: 'What the provider is asked for, with spaces between. Empty: what the template asks for.', kind: 'list', advanced: true },
  get_user_info: { label: 'Get user info', about: 'Asks the provider’s userinfo endpoint at each sign-in, too. For Cognito it rarely tells more than the ID token does.', kind: 'yes', advanced: true },
  send_login_hint: { label: 'Send the login hint', about: 'The address that somebody has typed already goes along, so that the provider need not ask again.', kind: 'yes', advanced: true },
  use_pkce: { label: 'Use PKCE', about: 'Proof Key for Code Exchange: only who began a sign-in can finish it. It is used anyway where the provider says that it knows it.', kind: 'yes', advanced: true },
  authentication_method: {
    label: 'How this server proves itself', about: 'To the provider’s token endpoint.', kind: 'choice', advanced: true,
    choices: { '': 'As the provider announces', client_secret_basic: 'Secret in the header (client_secret_basic)', client_secret_post: 'Secret in the body (client_secret_post)', none: 'Without a secret (none)' },
  },
  own_redirect_url: { label: 'Redirect URL of its own', about: 'No other connection has it, so no other provider can get codes of this one. It ends with the ID of the connection. Register it at the provider first.', kind: 'yes', advanced: true },
  base_url: { label: 'Base URL', about: 'Of a server of your own: another Cognate in the place of AWS, or a GitHub Enterprise Server.', example: 'https://id.example.com', advanced: true },
  authorization_url: { label: 'Authorization URL', about: 'Where people sign in there. Beside an issuer URL only if it is not announced below that.', advanced: true },
  token_url: { label: 'Token URL', about: 'Where the provider gives tokens out. Beside an issuer URL only if it is not announced below that.', advanced: true },
  userinfo_url: { label: 'User info URL', about: 'Where the provider says who somebody is. Beside an issuer URL only if it is not announced below that.', advanced: true },
  jwks_url: { label: 'Key set URL', about: 'Where the provider’s keys are. Beside an issuer URL only if it is not announced below that.', advanced: true },
  subject_path: { label: 'Path of who it is', about: 'The member of the user info that never changes for a person. A dot leads into an object.', example: 'data.id' },
  login_url: { label: 'Login URL', about: 'Your own page. People are sent there with login_id and login_state.', example: 'https://login.example.com/' },
  fetch_groups: { label: 'Fetch groups', about: 'Teams become groups: their numbers, ORGANIZATION.TEAM, in groups, and their names in group_names. It needs the scope read:org, and those attributes in the context.', kind: 'yes', advanced: true },
  api_version: { label: 'API version', about: 'Of the Graph API. Empty: one that is known to work.', advanced: true },
};

export function field(name: string): Field {
  return fields[name] ?? { label: name.replaceAll('_', ' ') };
}

export const secrets: Record<string, Field> = {
  client_secret: { label: 'Client secret', about: 'Of the application at the provider. It is kept sealed, and never shown again.' },
  private_key: { label: 'Private key', about: 'The file that the provider gave you, with its BEGIN and END lines. It is kept sealed, and never shown again.', kind: 'long' },
};

/** What is to be done at the provider, so that it sends people back. */
export const atTheProvider: Record<string, string> = {
  cognito: 'In the Cognito user pool, add this address to the callback URLs of the app client. There, allow the authorization code grant and the scopes openid, email and profile, and let the client read the attributes that you want.',
  google: 'In the Google Cloud console, add it to the authorized redirect URIs of the OAuth client.',
  azure: 'In Microsoft Entra, add it to the redirect URIs of the app registration, as a web platform.',
  microsoft: 'In Microsoft Entra, add it to the redirect URIs of the app registration, as a web platform.',
  okta: 'In Okta, add it to the sign-in redirect URIs of the application.',
  auth0: 'In Auth0, add it to the allowed callback URLs of the application.',
  apple: 'In your Apple developer account, add it to the return URLs of the Services ID.',
  github: 'In GitHub, it is the authorization callback URL of the OAuth app.',
  linkedin: 'In LinkedIn, add it to the authorized redirect URLs of the app.',
  x: 'In the X developer portal, add it to the callback URIs of the app.',
  custom: 'Your login page tells the server who it is, through the API; it is told where to send people then. Make its client first: see Login pages in the documentation of extensions.',
  meta: 'In the Meta app dashboard, add it to the valid OAuth redirect URIs of Facebook Login.',
};

/** The settings of a method in the order in which they are asked for: what is needed, then what can be said, then the rest. */
export function ordered(names: string[], required: string[]): string[] {
  const known = Object.keys(fields);
  const place = (n: string) => (required.includes(n) ? 0 : 1000) + (known.indexOf(n) + 1 || 500);
  return [...names].sort((a, b) => place(a) - place(b));
}
