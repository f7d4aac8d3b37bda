// People in Chromium who sign in and out through a SAML identity provider: samlify speaks SAML, the two pages around it are here.
// Settings come in COGNITO, POOL, CHROMIUM, IDP_KEY and IDP_CERT (PEM); prints what was seen.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import {
  AdminGetUserCommand, CognitoIdentityProviderClient, CreateIdentityProviderCommand, CreateUserPoolClientCommand, DescribeIdentityProviderCommand,
  GetSigningCertificateCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { launch } from './browser.mjs';
import samlify from 'samlify';

const { COGNITO, POOL, IDP_KEY, IDP_CERT } = process.env;
const site = `${COGNITO}/${POOL}`;
const binding = (name) => `urn:oasis:names:tc:SAML:2.0:bindings:HTTP-${name}`;
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
samlify.setSchemaValidator({ validate: async () => 'not validated' });

// What each provider has of the pool, of its people and of what came.
const providers = {};
const heard = [];
function provider(name, encryptCert) {
  const at = `http://127.0.0.1:${server.address().port}/${name}`;
  const p = { sessions: new Map() };
  p.idp = samlify.IdentityProvider({
    entityID: at, privateKey: IDP_KEY, signingCert: IDP_CERT, requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    wantAuthnRequestsSigned: true, wantLogoutRequestSigned: true, wantLogoutResponseSigned: true, isAssertionEncrypted: Boolean(encryptCert),
    dataEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#aes256-cbc', nameIDFormat: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
    singleSignOnService: [{ Binding: binding('Redirect'), Location: `${at}/sso` }],
    singleLogoutService: [{ Binding: binding('Redirect'), Location: `${at}/slo` }],
  });
  p.sp = samlify.ServiceProvider({
    entityID: `urn:amazon:cognito:sp:${POOL}`, signingCert: certificate, encryptCert, authnRequestsSigned: true, wantAssertionsSigned: true,
    wantLogoutRequestSigned: true, wantLogoutResponseSigned: true,
    assertionConsumerService: [{ Binding: binding('POST'), Location: `${site}/saml2/idpresponse` }],
    singleLogoutService: [{ Binding: binding('POST'), Location: `${site}/saml2/logout` }],
  });
  providers[name] = p;
  return p;
}

// signed is a message that came by HTTP-Redirect, as samlify reads it: what the signature covers is the query as it was sent.
function signed(url) {
  const raw = url.search.slice(1).split('&').filter((part) => !part.startsWith('Signature='));
  return { query: Object.fromEntries(url.searchParams), octetString: raw.join('&') };
}

// post is the page that has the browser send a message to the pool.
const post = ({ entityEndpoint, type, context }, relay) => `<form method="post" action="${escape(entityEndpoint)}">
  <input type="hidden" name="${type}" value="${escape(context)}"><input type="hidden" name="RelayState" value="${escape(relay)}"></form>
  <script>document.forms[0].submit()</script>`;

// answer fills samlify's own template, with a statement about the sign-in and one attribute, which it leaves to its users.
function answer({ idp, sp }, request, person, index) {
  return (template) => {
    const id = `_${randomUUID()}`;
    const now = new Date().toISOString();
    const later = new Date(Date.now() + 300_000).toISOString();
    const acs = `${site}/saml2/idpresponse`;
    const filled = template.replace('{AuthnStatement}', `<saml:AuthnStatement AuthnInstant="${now}" SessionIndex="${index}"><saml:AuthnContext>
      <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`)
      .replace('{AttributeStatement}', `<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>${person}@example.com</saml:AttributeValue>
      </saml:Attribute></saml:AttributeStatement>`);
    return {
      id,
      context: samlify.SamlLib.replaceTagsByValue(filled, {
        ID: id, AssertionID: `_${randomUUID()}`, Destination: acs, Audience: sp.entityMeta.getEntityID(), SubjectRecipient: acs, Issuer: idp.entityMeta.getEntityID(),
        IssueInstant: now, StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success', ConditionsNotBefore: now, ConditionsNotOnOrAfter: later,
        SubjectConfirmationDataNotOnOrAfter: later, NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', NameID: person,
        InResponseTo: request,
      }),
    };
  };
}

// serve answers as the provider of a name.
async function serve(name, path, url, cookie) {
  const p = providers[name];
  const who = p.sessions.get(cookie);
  if (path === 'sso') {
    const { extract } = await p.idp.parseLoginRequest(p.sp, 'redirect', signed(url));
    if (!who) return `<form action="enter"><input name="person">${['id', 'relay'].map((field) => `<input type="hidden" name="${field}"
      value="${escape({ id: extract.request.id, relay: url.searchParams.get('RelayState') }[field])}">`).join('')}<button>enter ${name}</button></form>`;
    return respond(p, extract.request.id, url.searchParams.get('RelayState'), who);
  }
  if (path === 'enter') {
    const session = { person: url.searchParams.get('person'), index: `_${randomUUID()}` };
    p.sessions.set(cookie, session);
    return respond(p, url.searchParams.get('id'), url.searchParams.get('relay'), session);
  }
  if (path === 'slo' && url.searchParams.has('SAMLRequest')) {
    const info = await p.idp.parseLogoutRequest(p.sp, 'redirect', signed(url));
    heard.push([info.extract.nameID, info.extract.sessionIndex === who?.index]);
    p.sessions.delete(cookie);
    return post(p.idp.createLogoutResponse(p.sp, info, 'post'), url.searchParams.get('RelayState'));
  }
  if (path === 'slo') {
    await p.idp.parseLogoutResponse(p.sp, 'redirect', signed(url));
    return `<title>left</title>${escape(url.searchParams.get('RelayState'))}`;
  }
  p.sessions.delete(cookie); // leave
  return post(p.idp.createLogoutRequest(p.sp, 'post', { logoutNameID: who.person, sessionIndex: who.index }), 'relay');
}

async function respond(p, request, relay, { person, index }) {
  return post(await p.idp.createLoginResponse(p.sp, { extract: { request: { id: request } } }, 'post', { email: person }, answer(p, request, person, index)), relay);
}

const server = createServer((req, res) => {
  const url = new URL(req.url, `http://${req.headers.host}`);
  const [, name, path] = url.pathname.split('/');
  res.setHeader('Content-Type', 'text/html');
  if (!providers[name]) { res.end('<!doctype html><title>app</title>app'); return; }
  const cookie = /idp=([^;]+)/.exec(req.headers.cookie)?.[1] ?? randomUUID();
  res.setHeader('Set-Cookie', `idp=${cookie}; Path=/`);
  serve(name, path, url, cookie).then((body) => res.end(`<!doctype html>${body}`), (err) => { console.error(err); res.writeHead(500).end(String(err)); });
});
await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });

const sdk = new CognitoIdentityProviderClient({
  endpoint: COGNITO, region: 'us-east-1', credentials: { accessKeyId: 'dev', secretAccessKey: 'dev' },
});
const { Certificate: certificate } = await sdk.send(new GetSigningCertificateCommand({ UserPoolId: POOL }));
for (const [name, details] of Object.entries({ Corp: {}, Sealed: { EncryptedResponses: 'true' } })) {
  const created = { UserPoolId: POOL, ProviderName: name };
  await sdk.send(new CreateIdentityProviderCommand({
    ...created, ProviderType: 'SAML', AttributeMapping: { email: 'mail' },
    ProviderDetails: { MetadataFile: provider(name).idp.getMetadata(), IDPSignout: 'true', RequestSigningAlgorithm: 'rsa-sha256', ...details },
  }));
  const { IdentityProvider: { ProviderDetails } } = await sdk.send(new DescribeIdentityProviderCommand(created));
  provider(name, ProviderDetails.ActiveEncryptionCertificate);
}
const home = `http://localhost:${server.address().port}/home`;
const bye = `http://localhost:${server.address().port}/bye`;
const { UserPoolClient: { ClientId } } = await sdk.send(new CreateUserPoolClientCommand({
  UserPoolId: POOL, ClientName: 'intranet', SupportedIdentityProviders: ['COGNITO', 'Corp', 'Sealed'], AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ['code'], AllowedOAuthScopes: ['openid', 'email'], CallbackURLs: [home], LogoutURLs: [bye],
}));
const authorize = (more) => `${site}/oauth2/authorize?${new URLSearchParams({ client_id: ClientId, redirect_uri: home, response_type: 'code', ...more })}`;
const browser = await launch();
const rounds = [];
try {
  const page = await (await browser.newContext({ locale: 'en' })).newPage();
  page.on('pageerror', (err) => console.error(String(err)));
  const until = (prefix) => page.waitForURL((url) => url.href.startsWith(prefix)).catch(async (err) => {
    throw new Error(`at ${page.url()}: ${await page.textContent('body')}: ${err}`);
  });
  const signedIn = async () => {
    await page.goto(authorize({ prompt: 'none' }));
    return new URL(page.url()).searchParams.get('error') ?? 'yes';
  };
  for (const [name, way] of [['Corp', 'here'], ['Corp', 'there'], ['Sealed', 'here'], ['Corp', 'here'], ['Sealed', 'there']]) {
    const round = { name, way };
    await page.goto(authorize({}));
    await page.click(`text=Continue with ${name}`);
    round.asked = await page.locator('input[name=person]').count(); // after a sign-out the provider knows nobody
    await page.fill('input[name=person]', 'dana');
    await page.click('button');
    await until(home);
    round.error = new URL(page.url()).searchParams.get('error_description');
    round.signedIn = await signedIn();
    if (way === 'here') {
      await page.goto(`${site}/logout?${new URLSearchParams({ client_id: ClientId, logout_uri: bye })}`);
      await until(bye);
    } else {
      await page.goto(`http://127.0.0.1:${server.address().port}/${name}/leave`);
      await page.waitForFunction(() => document.title === 'left');
      round.relay = (await page.textContent('body')).trim();
    }
    round.afterwards = await signedIn();
    rounds.push(round);
  }
  const user = await sdk.send(new AdminGetUserCommand({ UserPoolId: POOL, Username: 'Corp_dana' }));
  console.log(JSON.stringify({ rounds, heard, status: user.UserStatus, email: user.UserAttributes.find((a) => a.Name === 'email')?.Value }));
} finally {
  await browser.close();
  server.close();
}
