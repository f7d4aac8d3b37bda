// aws-amplify 6 in Chromium, bundled by esbuild: CORS, Web Crypto, local storage, and passkeys of a virtual authenticator.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { launch } from '../browser.mjs'
import { codeFor, endpoint, makePool, newest, password, totp } from './world.mjs'


test('Amplify in a browser', async t => {
  const here = dirname(fileURLToPath(import.meta.url))
  const bundle = await build({
    entryPoints: [join(here, 'page.mjs')], bundle: true, write: false, format: 'iife', logLevel: 'error', define: { global: 'window' },
  })
  const server = createServer((req, res) => {
    if (req.url === '/app.js') return res.setHeader('Content-Type', 'text/javascript').end(bundle.outputFiles[0].contents)
    res.setHeader('Content-Type', 'text/html').end('<!doctype html><title>app</title><script src="/app.js"></script>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const browser = await launch()
  t.after(async () => { await browser.close(); server.closeAllConnections(); server.close() })

  // visit opens the page in a browser of its own; passkeys belong to the host name localhost.
  const visit = async pool => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`http://localhost:${server.address().port}/`)
    await page.evaluate(([p, e]) => window.configure(p, e), [{ id: pool.id, clientId: pool.clientId }, endpoint])
    return { page, context }
  }
  // run calls a function of Amplify in the page.
  const run = (page, name, input) => page.evaluate(([n, i]) => window.auth[n](i), [name, input])
  const signUp = async (page, username, email, how = {}) => {
    await run(page, 'signUp', { username, password, options: { userAttributes: { email }, ...how } })
    return run(page, 'confirmSignUp', { username, confirmationCode: await codeFor(email) })
  }

  await t.test('sign-up, SRP, a reload, refresh, an authenticator app, sign-out', async () => {
    const pool = await makePool({ mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } } })
    const { page, context } = await visit(pool)
    await signUp(page, 'tess', 'tess-web@example.com')
    await assert.rejects(run(page, 'signIn', { username: 'tess', password: 'Wrong-Horse1' }), /Incorrect username or password\./)
    assert.equal((await run(page, 'signIn', { username: 'tess', password })).nextStep.signInStep, 'DONE')
    await page.reload()
    await page.evaluate(([p, e]) => window.configure(p, e), [pool, endpoint])
    assert.equal((await run(page, 'getCurrentUser')).username, 'tess')
    const refreshed = await page.evaluate(async () => {
      const before = (await window.auth.fetchAuthSession()).tokens
      const after = (await window.auth.fetchAuthSession({ forceRefresh: true })).tokens
      return before.accessToken.toString() !== after.accessToken.toString() && after.idToken.payload.email
    })
    assert.equal(refreshed, 'tess-web@example.com')
    const { sharedSecret } = await run(page, 'setUpTOTP')
    await run(page, 'verifyTOTPSetup', { code: totp(sharedSecret) })
    await run(page, 'updateMFAPreference', { totp: 'PREFERRED' })
    await run(page, 'signOut')
    assert.equal((await run(page, 'signIn', { username: 'tess', password })).nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
    assert.equal((await run(page, 'confirmSignIn', { challengeResponse: totp(sharedSecret, 1) })).nextStep.signInStep, 'DONE')
    await context.close()
  })

  await t.test('the link of a confirmation message leads to a page that confirms', async () => {
    const pool = await makePool({ pool: { VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' } } })
    const { page, context } = await visit(pool)
    await run(page, 'signUp', { username: 'wim', password, options: { userAttributes: { email: 'wim-web@example.com' } } })
    await page.goto((await newest('wim-web@example.com')).link)
    await page.click('button.go')
    await page.waitForSelector('text=Your account is confirmed')
    await page.goto(`http://localhost:${server.address().port}/`)
    await page.evaluate(([p, e]) => window.configure(p, e), [pool, endpoint])
    assert.equal((await run(page, 'signIn', { username: 'wim', password })).nextStep.signInStep, 'DONE')
    await context.close()
  })

  await t.test('a device is remembered and signs in by SRP of its own', async () => {
    const pool = await makePool({ pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false } } })
    const { page, context } = await visit(pool)
    await signUp(page, 'uma', 'uma-web@example.com')
    await run(page, 'signIn', { username: 'uma', password })
    const key = () => page.evaluate(async () => (await window.auth.fetchAuthSession()).tokens.accessToken.payload.device_key)
    const first = await key()
    await run(page, 'signOut')
    assert.equal((await run(page, 'signIn', { username: 'uma', password })).nextStep.signInStep, 'DONE')
    assert.equal(await key(), first)
    assert.deepEqual((await run(page, 'fetchDevices')).map(d => d.id), [first])
    await context.close()
  })

  await t.test('a passkey is registered, signs in, and is deleted', async () => {
    const pool = await makePool({
      pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
      mfa: { MfaConfiguration: 'OFF', WebAuthnConfiguration: { RelyingPartyId: 'localhost', UserVerification: 'required' } },
    })
    const { page, context } = await visit(pool)
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    })
    await signUp(page, 'vito', 'vito-web@example.com')
    await run(page, 'signIn', { username: 'vito', password })
    await run(page, 'associateWebAuthnCredential')
    const { credentials } = await run(page, 'listWebAuthnCredentials')
    assert.equal(credentials.length, 1)
    assert.equal(credentials[0].relyingPartyId, 'localhost')
    await run(page, 'signOut')
    const done = await run(page, 'signIn', { username: 'vito', options: { authFlowType: 'USER_AUTH', preferredChallenge: 'WEB_AUTHN' } })
    assert.equal(done.nextStep.signInStep, 'DONE')
    await run(page, 'deleteWebAuthnCredential', { credentialId: credentials[0].credentialId })
    assert.deepEqual((await run(page, 'listWebAuthnCredentials')).credentials, [])
    await context.close()
  })
})
