// oidc-provider as the peer of a benchmark: it reads its clients as JSON from PEER_CLIENTS, prints its issuer and ends with its
// standard input. Tokens for machines are JWTs, as Cognito's are; everything is kept in memory.
import { createServer } from 'node:http';
import Provider from '../clients/node_modules/oidc-provider/lib/index.js';

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: JSON.parse(process.env.PEER_CLIENTS),
    cookies: { keys: ['only for benchmarks'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx) => (ctx.oidc.body?.grant_type === 'client_credentials' ? 'urn:api' : undefined),
        getResourceServerInfo: () => ({ scope: 'api/read', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      },
    },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: 'alice@example.com', email_verified: true }) }),
    pkce: { required: () => false },
  });
  server.on('request', provider.callback());
  console.log(`issuer ${issuer}`);
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
