// Somebody in Chromium who tries a workspace and looks at what they share: the portal, the demo application by way of a connection
// to a user pool, new tokens, removing access, signing out. Settings come in COGNITO, CHROMIUM and, for pictures, SHOTS; prints
// what was shown.
import { readFile } from 'node:fs/promises';
import {
  AdminCreateUserCommand, AdminSetUserPasswordCommand, CognitoIdentityProviderClient, CreateUserPoolClientCommand, CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { launch } from './browser.mjs';

const { COGNITO, SHOTS } = process.env;
const sdk = new CognitoIdentityProviderClient({
  endpoint: COGNITO, region: 'us-east-1', credentials: { accessKeyId: 'dev', secretAccessKey: 'dev' },
});
// A development server takes any signature.
const headers = {
  'Content-Type': 'application/json', 'X-Amz-Date': '20260101T000000Z',
  Authorization: 'AWS4-HMAC-SHA256 Credential=dev/20260101/us-east-1/any/aws4_request, SignedHeaders=host;x-amz-date, Signature=00',
};
async function administer(path, body) {
  const answer = await fetch(`${COGNITO}/api/admin/default${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const { UserPool: { Id: pool } } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'company' }));
const { UserPoolClient: client } = await sdk.send(new CreateUserPoolClientCommand({
  UserPoolId: pool, ClientName: 'broker', GenerateSecret: true, SupportedIdentityProviders: ['COGNITO'], AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ['code'], AllowedOAuthScopes: ['openid', 'email', 'profile'], CallbackURLs: [`${COGNITO}/default/staff/oauth2/idpresponse`],
}));
await sdk.send(new AdminCreateUserCommand({
  UserPoolId: pool, Username: 'dana', MessageAction: 'SUPPRESS',
  UserAttributes: [{ Name: 'email', Value: 'dana@example.com' }, { Name: 'email_verified', Value: 'true' }, { Name: 'name', Value: '<b>Dana</b>' }],
}));
await sdk.send(new AdminSetUserPasswordCommand({ UserPoolId: pool, Username: 'dana', Password: 'Correct-Horse1', Permanent: true }));
await administer('/servers', { id: 'staff', name: 'Staff' });
await administer('/servers/staff/idps/cognito', {
  name: 'Company directory', settings: { client_id: client.ClientId, pool_id: pool, region: 'us-east-1', base_url: COGNITO },
  credentials: { client_secret: client.ClientSecret },
});

const axe = await readFile('node_modules/axe-core/axe.min.js', 'utf8');
const problems = [], addresses = [];
const browser = await launch();
try {
  const page = await (await browser.newContext({ locale: 'en', viewport: { width: 1280, height: 900 } })).newPage();
  page.on('pageerror', (e) => problems.push('script: ' + e.message));
  page.on('console', (m) => m.type() === 'error' && problems.push('console: ' + m.text()));
  page.on('request', (r) => addresses.push(r.url()));
  const look = async (name) => {
    const found = await page.evaluate(async (source) => {
      if (!window.axe) (0, eval)(source);
      const r = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'] });
      return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 2).join(', ')}`);
    }, axe).catch((e) => ['axe: ' + e.message]);
    problems.push(...found.map((f) => `${name}: ${f}`));
    for (const [kind, width, scheme] of [['wide', 1280, 'light'], ['narrow-dark', 320, 'dark']]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) problems.push(`${name}, ${kind}, is ${over} px too wide`);
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${kind}.png`, fullPage: true });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  };
  let asked = 0;
  const agree = async () => {
    await page.waitForURL((url) => url.pathname.endsWith('/staff/consent'));
    asked += 1;
    await page.click('button[name=allow]');
    await page.waitForSelector('[data-part=in]:visible');
  };
  const site = `${COGNITO}/default/staff`;
  await page.goto(site + '/portal');
  await look('portal-out');
  await page.click('text=Log in to demo app');
  await page.waitForSelector('input[name=username]');
  await page.fill('input[name=username]', 'dana');
  await page.fill('input[name=password]', 'Correct-Horse1');
  await page.click('button.go');
  await agree();
  const claims = async (name) => JSON.parse(await page.textContent(`[data-part=${name}-raw]`));
  const address = page.url();
  const id = await claims('id'), access = await claims('access');
  const words = await page.textContent('[data-part=id-claims]');
  const via = await page.textContent('[data-part=via]');
  const bold = await page.locator('main b').count();
  await look('demo-in');
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage].map((s) => ({ ...s }))));
  await page.click('[data-part=refresh]');
  await page.waitForSelector('[data-part=notice]:visible');
  const renewed = (await claims('access')).jti !== access.jti && (await claims('id')).sub === id.sub;
  await page.goto(site + '/portal');
  await page.click('text=Sign in');
  await page.waitForSelector('input[name=username], button[name=signout], .choice.person');
  if (await page.isVisible('.choice.person')) await page.click('.choice.person'); // the company's own pages remember dana
  await page.waitForSelector('button[name=signout]');
  const shown = await page.textContent('main');
  await look('portal-in');
  await page.focus('button[name=revoke]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.notice');
  const revoked = await page.textContent('main');
  await page.goto(site + '/demo?login=1');
  await page.waitForSelector('.choice.person, button[name=allow]');
  if (await page.isVisible('.choice.person')) await page.click('.choice.person');
  await agree(); // once more: the access was removed
  await page.click('[data-part=signout]');
  await page.waitForSelector('[data-part=login]:visible');
  await page.goto(site + '/portal');
  const out = await page.textContent('main');
  console.log(JSON.stringify({
    email: id.email, name: id.name, audience: id.aud, client: access.client_id, via, words: words.includes('Full name name<b>Dana</b>'), bold, asked,
    renewed, stored, clean: !address.includes('?'), tokens: addresses.filter((a) => a.includes('eyJ')).length,
    shown: ['Demo application', 'dana@example.com', 'Company directory', 'This browser'].filter((t) => !shown.includes(t)),
    revoked: revoked.includes('No application has access'), out: out.includes('Sign in'), problems,
  }));
} finally {
  await browser.close();
}
