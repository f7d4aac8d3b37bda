// Single-page apps in Chromium, one with oidc-client-ts and one with Amplify: signs alice in, shows what the app learned, and
// signs out. Settings come in PAGE_ISSUER, PAGE_CLIENT, PAGE_DOMAIN, PAGE_POOL, PAGE_PORT and PAGE_APP.
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { launch, patience } from './browser.mjs';

const { PAGE_ISSUER, PAGE_CLIENT, PAGE_DOMAIN, PAGE_POOL, PAGE_PORT, PAGE_APP } = process.env;
const home = `http://localhost:${PAGE_PORT}/`;
const apps = {
  'oidc-client-ts': `
    import { UserManager } from 'oidc-client-ts';
    const manager = new UserManager({ authority: '${PAGE_ISSUER}', client_id: '${PAGE_CLIENT}', redirect_uri: '${home}',
      post_logout_redirect_uri: '${home}', scope: 'openid email profile', loadUserInfo: true, automaticSilentRenew: false });
    window.begin = () => manager.signinRedirect();
    window.end = () => manager.signoutRedirect();
    window.learned = async () => {
      if (location.search.includes('code=')) { await manager.signinCallback(); history.replaceState({}, '', '/'); }
      const user = await manager.getUser();
      return user && user.profile.email;
    };
    window.loaded = true;`,
  amplify: `
    import { Amplify } from 'aws-amplify';
    import 'aws-amplify/auth/enable-oauth-listener';
    import { fetchAuthSession, signInWithRedirect, signOut } from 'aws-amplify/auth';
    Amplify.configure({ Auth: { Cognito: { userPoolId: '${PAGE_POOL}', userPoolClientId: '${PAGE_CLIENT}',
      userPoolEndpoint: '${process.env.PAGE_ENDPOINT}',
      loginWith: { oauth: { domain: '${PAGE_DOMAIN}', scopes: ['openid', 'email', 'profile', 'aws.cognito.signin.user.admin'],
        redirectSignIn: ['${home}'], redirectSignOut: ['${home}'], responseType: 'code' } } } } });
    window.begin = () => signInWithRedirect();
    window.end = () => signOut();
    window.learned = async () => {
      const session = await fetchAuthSession();
      return session.tokens && session.tokens.idToken.payload.email;
    };
    window.loaded = true;`,
};
const bundle = await build({
  stdin: { contents: apps[PAGE_APP], resolveDir: process.cwd() }, bundle: true, write: false, format: 'iife', platform: 'browser',
  define: { global: 'globalThis' }, logLevel: 'error',
});
const server = createServer((req, res) => {
  const script = req.url === '/app.js';
  res.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
  res.end(script ? bundle.outputFiles[0].text : '<!doctype html><title>app</title><script src="/app.js"></script>');
}).listen(Number(PAGE_PORT), '127.0.0.1');

const browser = await launch();
try {
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  page.on('pageerror', (err) => console.error(String(err)));
  page.on('console', (m) => m.type() === 'error' && console.error(m.text()));
  const ready = () => page.waitForFunction(() => window.loaded === true);
  const learned = () => page.waitForFunction(() => window.learned(), null, { polling: 200, timeout: patience }).then((h) => h.jsonValue());
  await page.goto(home);
  await ready();
  await page.evaluate(() => { window.begin(); });
  await page.waitForSelector('input[name=username]');
  await page.fill('input[name=username]', 'alice');
  await page.fill('input[name=password]', 'Correct-Horse1');
  await page.click('button.go');
  await page.waitForURL((url) => url.href.startsWith(home));
  await ready();
  const email = await learned();
  const secure = (await page.context().cookies()).filter((c) => c.name === 'cognito').every((c) => c.secure && c.httpOnly);
  const back = page.waitForEvent('load'); // by way of the logout endpoint
  await page.evaluate(() => { window.end(); });
  await back;
  await page.waitForURL((url) => url.href === home || url.href.startsWith(home + '?'));
  await ready();
  await page.evaluate(() => { window.begin(); });
  await page.waitForSelector('input[name=username]'); // asked again: the session has ended
  console.log(JSON.stringify({ email, secure }));
} finally {
  await browser.close();
  server.close();
}
