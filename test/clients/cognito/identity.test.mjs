// amazon-cognito-identity-js: its own SRP, its devices, its authenticator app, its refresh.
import assert from 'node:assert/strict'
import test from 'node:test'
import lib from 'amazon-cognito-identity-js'
import * as c from '@aws-sdk/client-cognito-identity-provider'
import { claims, codeFor, endpoint, everyFactor, makePool, password, send, totp } from './world.mjs'

const { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool } = lib

// memory is the Storage of one browser; the library keeps tokens and devices in it.
const memory = () => {
  const kept = new Map()
  return { setItem: (k, v) => kept.set(k, v), getItem: k => kept.get(k) ?? null, removeItem: k => kept.delete(k), clear: () => kept.clear() }
}

const open = (pool, Storage = memory()) => new CognitoUserPool({ UserPoolId: pool.id, ClientId: pool.clientId, endpoint, Storage })
const person = (Pool, Username) => new CognitoUser({ Username, Pool, Storage: Pool.storage })

// call turns a method with a callback into a promise.
const call = (object, method, ...args) =>
  new Promise((resolve, reject) => object[method](...args, (err, data) => (err ? reject(err) : resolve(data))))

// step runs a method that ends in one of several callbacks, and gives its name and arguments.
const step = (object, method, ...args) => new Promise((resolve, reject) => object[method](...args, Object.assign(
  { onFailure: reject },
  Object.fromEntries(['onSuccess', 'newPasswordRequired', 'mfaRequired', 'totpRequired', 'mfaSetup', 'selectMFAType', 'associateSecretCode', 'inputVerificationCode']
    .map(name => [name, (...got) => resolve([name, ...got])])),
)))

const signIn = (user, Password = password) =>
  step(user, 'authenticateUser', new AuthenticationDetails({ Username: user.getUsername(), Password }))

const made = async (pool, name, permanent = true) => {
  await send(c.AdminCreateUserCommand, {
    UserPoolId: pool.id, Username: name, MessageAction: 'SUPPRESS',
    UserAttributes: [{ Name: 'email', Value: `${name}@example.com` }, { Name: 'email_verified', Value: 'true' }],
  })
  await send(c.AdminSetUserPasswordCommand, { UserPoolId: pool.id, Username: name, Password: password, Permanent: permanent })
}

test('sign-up, SRP, attributes, session from storage, refresh, global sign-out', async () => {
  const pool = await makePool()
  const Pool = open(pool)
  const up = await call(Pool, 'signUp', 'hana', password, [new CognitoUserAttribute({ Name: 'email', Value: 'hana-id@example.com' })], null)
  assert.equal(up.userConfirmed, false)
  const user = person(Pool, 'hana')
  await assert.rejects(signIn(user), { code: 'UserNotConfirmedException', message: 'User is not confirmed.' })
  assert.equal(await call(user, 'confirmRegistration', await codeFor('hana-id@example.com'), true), 'SUCCESS')
  await assert.rejects(signIn(user, 'Wrong-Horse1'), { code: 'NotAuthorizedException', message: 'Incorrect username or password.' })
  const [how, session] = await signIn(user)
  assert.equal(how, 'onSuccess')
  assert.equal(session.getIdToken().payload.email, 'hana-id@example.com')
  assert.equal(await call(user, 'updateAttributes', [new CognitoUserAttribute({ Name: 'nickname', Value: 'h' })]), 'SUCCESS')
  assert.ok((await call(user, 'getUserAttributes')).some(a => a.getName() === 'nickname' && a.getValue() === 'h'))
  const same = Pool.getCurrentUser() // as after a reload of the page
  assert.ok((await call(same, 'getSession')).isValid())
  const fresh = await call(same, 'refreshSession', session.getRefreshToken())
  assert.notEqual(fresh.getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken())
  assert.equal(await call(same, 'changePassword', password, password + '9'), 'SUCCESS')
  const [, out] = await step(same, 'globalSignOut')
  assert.equal(out, 'SUCCESS')
  await assert.rejects(call(person(Pool, 'hana'), 'refreshSession', session.getRefreshToken()), { message: 'Refresh Token has been revoked' })
})

test('a forgotten password and a temporary one are replaced', async () => {
  const pool = await makePool()
  await made(pool, 'ivo')
  const user = person(open(pool), 'ivo')
  const [asked, details] = await step(user, 'forgotPassword')
  assert.equal(asked, 'inputVerificationCode')
  assert.equal(details.CodeDeliveryDetails.Destination, 'i***@e***')
  await step(user, 'confirmPassword', await codeFor('ivo@example.com'), password + '3')
  assert.equal((await signIn(user, password + '3'))[0], 'onSuccess')
  await made(pool, 'jan', false)
  const invited = person(open(pool), 'jan')
  const [what, attributes, required] = await signIn(invited)
  assert.equal(what, 'newPasswordRequired')
  assert.equal(attributes.email, 'jan@example.com')
  assert.deepEqual(required, [])
  assert.equal((await step(invited, 'completeNewPasswordChallenge', password + '4', {}))[0], 'onSuccess')
})

test('an authenticator app: registered, preferred, asked for', async () => {
  const pool = await makePool({ mfa: everyFactor('OPTIONAL') })
  await made(pool, 'kim')
  const user = person(open(pool), 'kim')
  await signIn(user)
  const [, secret] = await step(user, 'associateSoftwareToken')
  await assert.rejects(step(user, 'verifySoftwareToken', '000000', 'phone'), { code: 'EnableSoftwareTokenMFAException' })
  assert.equal((await step(user, 'verifySoftwareToken', totp(secret), 'phone'))[0], 'onSuccess')
  assert.equal(await call(user, 'setUserMfaPreference', null, { Enabled: true, PreferredMfa: true }), 'SUCCESS')
  const again = person(open(pool), 'kim')
  const [what, challenge] = await signIn(again)
  assert.equal(what, 'totpRequired')
  assert.equal(challenge, 'SOFTWARE_TOKEN_MFA')
  const answer = code => new Promise((onSuccess, onFailure) => again.sendMFACode(code, { onSuccess, onFailure }, challenge))
  await assert.rejects(answer('000000'), { code: 'CodeMismatchException' })
  const done = await answer(totp(secret, 1))
  assert.ok(done.isValid())
  const data = await call(again, 'getUserData')
  assert.equal(data.PreferredMfaSetting, 'SOFTWARE_TOKEN_MFA')
})

test('a required second factor is set up while signing in', async () => {
  const pool = await makePool({ mfa: { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } } })
  await made(pool, 'lou')
  const user = person(open(pool), 'lou')
  const [what] = await signIn(user)
  assert.equal(what, 'mfaSetup')
  const [, secret] = await step(user, 'associateSoftwareToken')
  const [end, session] = await step(user, 'verifySoftwareToken', totp(secret), 'phone')
  assert.equal(end, 'onSuccess')
  assert.ok(session.isValid())
})

test('a device is confirmed, proves itself by SRP, and is forgotten', async () => {
  const pool = await makePool({ pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false } } })
  await made(pool, 'mia')
  const Storage = memory()
  const user = person(open(pool, Storage), 'mia')
  assert.equal((await signIn(user))[0], 'onSuccess')
  const first = claims(user.getSignInUserSession().getAccessToken().getJwtToken()).device_key
  assert.match(first, /^eu-west-1_/)
  const [, listed] = await new Promise((resolve, reject) => user.listDevices(10, null, { onSuccess: d => resolve(['', d]), onFailure: reject }))
  assert.deepEqual(listed.Devices.map(d => d.DeviceKey), [first])
  user.signOut()
  const back = person(open(pool, Storage), 'mia')
  assert.equal((await signIn(back))[0], 'onSuccess')
  assert.equal(claims(back.getSignInUserSession().getAccessToken().getJwtToken()).device_key, first)
  const refreshed = await call(back, 'refreshSession', back.getSignInUserSession().getRefreshToken())
  assert.ok(refreshed.isValid())
  await new Promise((onSuccess, onFailure) => back.forgetDevice({ onSuccess, onFailure }))
  await send(c.AdminGetDeviceCommand, { UserPoolId: pool.id, Username: 'mia', DeviceKey: first })
    .then(() => assert.fail('the device is still there'), e => assert.ok(e instanceof c.ResourceNotFoundException, String(e)))
  const stranger = person(open(pool, Storage), 'mia') // who still sends the forgotten key
  assert.equal((await signIn(stranger))[0], 'onSuccess')
})
