// A relying party with openid-client: it prints where the browser has to go, reads from standard input where it came back,
// and prints what it learned. RP_MODE dpop pushes the request and binds the tokens to a key.
import dns from 'node:dns';
import { createInterface } from 'node:readline';
import * as client from 'openid-client';

// Names below localhost are this machine, as browsers know.
const { lookup } = dns;
dns.lookup = (host, options, done) => lookup(host.endsWith('.localhost') ? '127.0.0.1' : host, options, done);

const { RP_ISSUER, RP_CLIENT, RP_SECRET, RP_CALLBACK, RP_MODE } = process.env;
const config = await client.discovery(new URL(RP_ISSUER), RP_CLIENT, RP_SECRET);
const verifier = client.randomPKCECodeVerifier();
const nonce = client.randomNonce();
const state = client.randomState();
const parameters = {
  redirect_uri: RP_CALLBACK, scope: 'openid email', code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256', nonce, state,
};
let DPoP;
let target;
if (RP_MODE === 'dpop') {
  DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  target = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
} else {
  target = client.buildAuthorizationUrl(config, parameters);
}
console.log(target.href);
const lines = createInterface({ input: process.stdin });
const { value: back } = await lines[Symbol.asyncIterator]().next();
const tokens = await client.authorizationCodeGrant(config, new URL(back),
  { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state }, undefined, { DPoP });
const claims = tokens.claims();
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
const again = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
console.log(JSON.stringify({ iss: claims.iss, email: info.email, type: tokens.token_type, again: again.claims().sub === claims.sub }));
process.exit(0);
