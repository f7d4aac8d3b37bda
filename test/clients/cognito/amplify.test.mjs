// aws-amplify 6 in Node: what its documentation shows, one journey after the other, because it keeps one person signed
// in at a time.
import assert from 'node:assert/strict'
import test from 'node:test'
import * as c from '@aws-sdk/client-cognito-identity-provider'
import { Amplify } from 'aws-amplify'
import * as auth from 'aws-amplify/auth'
import { claims, codeFor, endpoint, everyFactor, makePool, password, send, totp } from './world.mjs'

globalThis.navigator ??= { userAgent: 'node' } // Amplify names devices by it; older releases of Node have none

const configure = pool => Amplify.configure({
  Auth: { Cognito: { userPoolId: pool.id, userPoolClientId: pool.clientId, userPoolEndpoint: endpoint } },
})

const made = async (pool, name, permanent = true) => {
  await send(c.AdminCreateUserCommand, {
    UserPoolId: pool.id, Username: name, MessageAction: 'SUPPRESS',
    UserAttributes: [{ Name: 'email', Value: `${name}@example.com` }, { Name: 'email_verified', Value: 'true' }],
  })
  await send(c.AdminSetUserPasswordCommand, { UserPoolId: pool.id, Username: name, Password: password, Permanent: permanent })
}

test('sign-up, SRP, session, refresh, attributes, sign-out', async () => {
  configure(await makePool())
  const up = await auth.signUp({ username: 'nora', password, options: { userAttributes: { email: 'nora-amp@example.com' } } })
  assert.equal(up.nextStep.signUpStep, 'CONFIRM_SIGN_UP')
  assert.equal(up.nextStep.codeDeliveryDetails.destination, 'n***@e***')
  const early = await auth.signIn({ username: 'nora', password })
  assert.equal(early.nextStep.signInStep, 'CONFIRM_SIGN_UP')
  await auth.resendSignUpCode({ username: 'nora' })
  const confirmed = await auth.confirmSignUp({ username: 'nora', confirmationCode: await codeFor('nora-amp@example.com') })
  assert.equal(confirmed.nextStep.signUpStep, 'DONE')
  await assert.rejects(auth.signIn({ username: 'nora', password: 'Wrong-Horse1' }), { name: 'NotAuthorizedException', message: 'Incorrect username or password.' })
  const signed = await auth.signIn({ username: 'nora', password })
  assert.equal(signed.nextStep.signInStep, 'DONE')
  const { tokens } = await auth.fetchAuthSession()
  assert.equal(tokens.idToken.payload.email, 'nora-amp@example.com')
  const { tokens: fresh } = await auth.fetchAuthSession({ forceRefresh: true })
  assert.notEqual(fresh.accessToken.toString(), tokens.accessToken.toString())
  assert.equal(fresh.accessToken.payload.origin_jti, tokens.accessToken.payload.origin_jti)
  assert.deepEqual(await auth.getCurrentUser().then(u => u.username), 'nora')
  const changed = await auth.updateUserAttributes({ userAttributes: { email: 'nora2-amp@example.com' } })
  assert.equal(changed.email.nextStep.updateAttributeStep, 'CONFIRM_ATTRIBUTE_WITH_CODE')
  await auth.confirmUserAttribute({ userAttributeKey: 'email', confirmationCode: await codeFor('nora2-amp@example.com') })
  assert.equal((await auth.fetchUserAttributes()).email_verified, 'true')
  await auth.updatePassword({ oldPassword: password, newPassword: password + '2' })
  await auth.signOut({ global: true })
  await assert.rejects(auth.getCurrentUser(), { name: 'UserUnAuthenticatedException' })
})

test('a new password, a forgotten one', async () => {
  const pool = await makePool()
  configure(pool)
  await made(pool, 'olga', false)
  const invited = await auth.signIn({ username: 'olga', password })
  assert.equal(invited.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED')
  const done = await auth.confirmSignIn({ challengeResponse: password + '2' })
  assert.equal(done.nextStep.signInStep, 'DONE')
  await auth.signOut()
  const asked = await auth.resetPassword({ username: 'olga' })
  assert.equal(asked.nextStep.resetPasswordStep, 'CONFIRM_RESET_PASSWORD_WITH_CODE')
  await assert.rejects(auth.confirmResetPassword({ username: 'olga', newPassword: password + '3', confirmationCode: '000000' }), { name: 'CodeMismatchException' })
  await auth.confirmResetPassword({ username: 'olga', newPassword: password + '3', confirmationCode: await codeFor('olga@example.com') })
  const user = await auth.signIn({ username: 'olga', password: password + '3', options: { authFlowType: 'USER_PASSWORD_AUTH' } })
  assert.equal(user.nextStep.signInStep, 'DONE')
  await auth.deleteUser()
  await assert.rejects(auth.signIn({ username: 'olga', password: password + '3' }), { name: 'UserNotFoundException' })
})

test('an authenticator app, then a choice of factors', async () => {
  const pool = await makePool({ mfa: everyFactor('ON') })
  configure(pool)
  await made(pool, 'pia')
  const first = await auth.signIn({ username: 'pia', password })
  assert.equal(first.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE') // the only factor that there is yet
  assert.equal((await auth.confirmSignIn({ challengeResponse: await codeFor('pia@example.com') })).nextStep.signInStep, 'DONE')
  const setup = await auth.setUpTOTP()
  assert.match(setup.getSetupUri('Shop', 'pia').href, /^otpauth:\/\/totp\/Shop:pia\?secret=/)
  await auth.verifyTOTPSetup({ code: totp(setup.sharedSecret) })
  await auth.updateMFAPreference({ totp: 'ENABLED', email: 'ENABLED' })
  assert.deepEqual((await auth.fetchMFAPreference()).enabled.sort(), ['EMAIL', 'TOTP'])
  await auth.signOut()
  const choice = await auth.signIn({ username: 'pia', password })
  assert.equal(choice.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_MFA_SELECTION')
  assert.deepEqual([...choice.nextStep.allowedMFATypes].sort(), ['EMAIL', 'TOTP'])
  assert.equal((await auth.confirmSignIn({ challengeResponse: 'TOTP' })).nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  await assert.rejects(auth.confirmSignIn({ challengeResponse: '000000' }), { name: 'CodeMismatchException' })
  assert.equal((await auth.confirmSignIn({ challengeResponse: totp(setup.sharedSecret, 1) })).nextStep.signInStep, 'DONE')
  await auth.signOut()
})

test('a required authenticator app is set up while signing in', async () => {
  const pool = await makePool({ mfa: { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } } })
  configure(pool)
  await made(pool, 'quin')
  const first = await auth.signIn({ username: 'quin', password })
  assert.equal(first.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP')
  const done = await auth.confirmSignIn({ challengeResponse: totp(first.nextStep.totpSetupDetails.sharedSecret) })
  assert.equal(done.nextStep.signInStep, 'DONE')
  await auth.signOut()
})

test('choosing among first factors, with automatic sign-in after a sign-up without a password', async () => {
  const pool = await makePool({
    pool: { UsernameAttributes: ['email'], Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } } },
  })
  configure(pool)
  const up = await auth.signUp({
    username: 'rosa@example.com', options: { userAttributes: { email: 'rosa@example.com' }, autoSignIn: { authFlowType: 'USER_AUTH' } },
  })
  assert.equal(up.nextStep.signUpStep, 'CONFIRM_SIGN_UP')
  const confirmed = await auth.confirmSignUp({ username: 'rosa@example.com', confirmationCode: await codeFor('rosa@example.com') })
  assert.equal(confirmed.nextStep.signUpStep, 'COMPLETE_AUTO_SIGN_IN')
  assert.equal((await auth.autoSignIn()).nextStep.signInStep, 'DONE')
  await auth.signOut()
  const direct = await auth.signIn({ username: 'rosa@example.com', options: { authFlowType: 'USER_AUTH', preferredChallenge: 'EMAIL_OTP' } })
  assert.equal(direct.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
  assert.equal((await auth.confirmSignIn({ challengeResponse: await codeFor('rosa@example.com') })).nextStep.signInStep, 'DONE')
  await auth.signOut()
})

test('a device is remembered, listed and forgotten', async () => {
  const pool = await makePool({ pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true } } })
  configure(pool)
  await made(pool, 'sven')
  assert.equal((await auth.signIn({ username: 'sven', password })).nextStep.signInStep, 'DONE')
  const { tokens } = await auth.fetchAuthSession()
  const key = claims(tokens.accessToken.toString()).device_key
  await auth.rememberDevice()
  assert.deepEqual((await auth.fetchDevices()).map(d => d.id), [key])
  await auth.signOut()
  assert.equal((await auth.signIn({ username: 'sven', password })).nextStep.signInStep, 'DONE')
  const again = await auth.fetchAuthSession({ forceRefresh: true })
  assert.equal(claims(again.tokens.accessToken.toString()).device_key, key)
  await auth.forgetDevice()
  assert.deepEqual(await auth.fetchDevices(), [])
  await auth.signOut()
})
