// A person in Chromium who signs in through an outside provider: the client's page, the button of the sign-in page, the
// provider's own pages, and back. Settings come in IDP_ISSUER, COGNITO, POOL and CHROMIUM; prints the claims of the ID token.
import { createServer } from 'node:http';
import {
  AdminGetUserCommand, CognitoIdentityProviderClient, CreateIdentityProviderCommand, CreateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { launch } from './browser.mjs';

const { IDP_ISSUER, COGNITO, POOL } = process.env;
const sdk = new CognitoIdentityProviderClient({
  endpoint: COGNITO, region: 'us-east-1', credentials: { accessKeyId: 'dev', secretAccessKey: 'dev' },
});
const app = createServer((req, res) => res.setHeader('Content-Type', 'text/html').end('<!doctype html><title>home</title>home'));
await new Promise((ready) => { app.listen(0, '127.0.0.1', ready); });
const home = `http://localhost:${app.address().port}/callback`;
await sdk.send(new CreateIdentityProviderCommand({
  UserPoolId: POOL, ProviderName: 'Corp', ProviderType: 'OIDC',
  ProviderDetails: {
    client_id: 'cognate', client_secret: 'only-for-tests', oidc_issuer: IDP_ISSUER, authorize_scopes: 'openid email profile',
    attributes_request_method: 'GET',
  },
  AttributeMapping: { email: 'email', email_verified: 'email_verified', name: 'name', address: 'address' },
}));
const { UserPoolClient: { ClientId } } = await sdk.send(new CreateUserPoolClientCommand({
  UserPoolId: POOL, ClientName: 'intranet', SupportedIdentityProviders: ['COGNITO', 'Corp'], AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ['code'], AllowedOAuthScopes: ['openid', 'email', 'profile'], CallbackURLs: [home],
}));
const browser = await launch();
try {
  const page = await (await browser.newContext({ locale: 'en' })).newPage();
  page.on('pageerror', (err) => console.error(String(err)));
  const start = `${COGNITO}/${POOL}/oauth2/authorize?${new URLSearchParams({ client_id: ClientId, redirect_uri: home, response_type: 'code', state: 'x' })}`;
  await page.goto(start);
  await page.click('text=Continue with Corp');
  await page.fill('input[name=login]', 'dana');
  await page.fill('input[name=password]', 'anything');
  await page.click('button[type=submit]');
  await page.waitForSelector('input[name=login]', { state: 'detached' });
  await page.click('button[type=submit]'); // consent
  await page.waitForURL((url) => url.href.startsWith(home)).catch(async (err) => { throw new Error(`at ${page.url()}: ${await page.textContent('body')}: ${err}`); });
  const back = new URL(page.url()).searchParams;
  const res = await fetch(`${COGNITO}/${POOL}/oauth2/token`, {
    method: 'POST', body: new URLSearchParams({ grant_type: 'authorization_code', client_id: ClientId, redirect_uri: home, code: back.get('code') ?? '' }),
  });
  const tokens = await res.json();
  const claims = JSON.parse(Buffer.from((tokens.id_token ?? '').split('.')[1] ?? '', 'base64url').toString() || '{}');
  const user = await sdk.send(new AdminGetUserCommand({ UserPoolId: POOL, Username: 'Corp_dana' }));
  await page.goto(start); // signed in: nobody is asked again
  const again = new URL(page.url());
  console.log(JSON.stringify({ error: back.get('error_description'), claims, status: user.UserStatus, again: again.searchParams.has('code') }));
} finally {
  await browser.close();
  app.close();
}
