// An OpenID provider that nobody here wrote, oidc-provider, as a peer of tests: it reads its clients as JSON from OP_CLIENTS,
// prints its issuer and ends with its standard input. OP_LAX keeps its cookies on its own site, for browsers that drop such
// cookies of others as come without TLS; it takes no authorization requests by POST then.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const lax = Boolean(process.env.OP_LAX);
const clients = JSON.parse(process.env.OP_CLIENTS);
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients,
    cookies: { keys: ['only for tests'], long: { sameSite: lax ? 'lax' : 'none' } },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
      address: ['address'],
      profile: ['name', 'given_name', 'family_name', 'nickname', 'preferred_username', 'profile', 'picture', 'website',
        'gender', 'birthdate', 'zoneinfo', 'locale', 'middle_name', 'updated_at'],
    },
    features: {
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    enableHttpPostMethods: !lax,
    fetch: (url, { dispatcher, ...options }) => fetch(url, options), // its own dispatcher refuses loopback
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({
        sub: id, name: 'Alice Example', given_name: 'Alice', family_name: 'Example', middle_name: 'B', nickname: 'al',
        preferred_username: 'alice', profile: 'https://example.com/alice', picture: 'https://example.com/alice.png',
        website: 'https://example.com', gender: 'female', birthdate: '1990-01-01', zoneinfo: 'Europe/Berlin', locale: 'de',
        updated_at: 1700000000, email: 'alice@example.com', email_verified: true, phone_number: '+15555550100',
        phone_number_verified: true, address: { formatted: '1 Example Street' },
      }),
    }),
    pkce: { required: () => false },
    scopes: ['openid', 'offline_access'],
    issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  });
  provider.on('backchannel.error', (ctx, err) => console.error(err));
  provider.on('server_error', (ctx, err) => console.error(err));
  server.on('request', provider.callback());
  console.log(`issuer ${issuer}`);
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
