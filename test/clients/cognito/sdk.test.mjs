// The AWS SDK for JavaScript v3, every kind of operation once: signed, unsigned, with an access token, pages, errors.
import assert from 'node:assert/strict'
import test from 'node:test'
import * as c from '@aws-sdk/client-cognito-identity-provider'
import { aws, claims, codeFor, endpoint, everyFactor, makePool, password, region, secretHash, send, step, totp } from './world.mjs'

const user = async (pool, name, attributes = {}) => {
  await send(c.AdminCreateUserCommand, {
    UserPoolId: pool.id, Username: name, MessageAction: 'SUPPRESS',
    UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
  })
  await send(c.AdminSetUserPasswordCommand, { UserPoolId: pool.id, Username: name, Password: password, Permanent: true })
}

const signIn = async (pool, name, more = {}) => send(c.InitiateAuthCommand, {
  ClientId: pool.clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: name, PASSWORD: password, ...more },
})

test('people sign up, confirm, sign in, change themselves and leave, without any credentials of AWS', async () => {
  const pool = await makePool()
  const anonymous = new c.CognitoIdentityProviderClient({ endpoint, region, maxAttempts: 1 })
  const up = await anonymous.send(new c.SignUpCommand({
    ClientId: pool.clientId, Username: 'dana', Password: password, UserAttributes: [{ Name: 'email', Value: 'dana-sdk@example.com' }],
  }))
  assert.equal(up.UserConfirmed, false)
  assert.deepEqual(up.CodeDeliveryDetails, { Destination: 'd***@e***', DeliveryMedium: 'EMAIL', AttributeName: 'email' })
  await assert.rejects(signIn(pool, 'dana'), e => e instanceof c.UserNotConfirmedException && e.message === 'User is not confirmed.')
  await anonymous.send(new c.ConfirmSignUpCommand({
    ClientId: pool.clientId, Username: 'dana', ConfirmationCode: await codeFor('dana-sdk@example.com'),
  }))
  const { AuthenticationResult: tokens } = await signIn(pool, 'dana')
  assert.equal(tokens.ExpiresIn, 3600)
  assert.equal(claims(tokens.IdToken).email_verified, true)
  const AccessToken = tokens.AccessToken
  await anonymous.send(new c.UpdateUserAttributesCommand({ AccessToken, UserAttributes: [{ Name: 'name', Value: 'Dana' }] }))
  const me = await anonymous.send(new c.GetUserCommand({ AccessToken }))
  assert.equal(me.Username, 'dana')
  assert.ok(me.UserAttributes.some(a => a.Name === 'name' && a.Value === 'Dana'))
  await anonymous.send(new c.ChangePasswordCommand({ AccessToken, PreviousPassword: password, ProposedPassword: password + '2' }))
  await assert.rejects(signIn(pool, 'dana'), c.NotAuthorizedException)
  await anonymous.send(new c.DeleteUserCommand({ AccessToken }))
  await assert.rejects(signIn(pool, 'dana'), e => e instanceof c.UserNotFoundException && e.message === 'User does not exist.')
})

test('an administrator makes a pool and everything in it, and reads it again', async () => {
  const pool = await makePool({ client: { GenerateSecret: true, AccessTokenValidity: 10, TokenValidityUnits: { AccessToken: 'minutes' } } })
  const { UserPool } = await send(c.DescribeUserPoolCommand, { UserPoolId: pool.id })
  assert.equal(UserPool.Arn, pool.arn)
  assert.ok(UserPool.CreationDate instanceof Date)
  const { UserPoolClient } = await send(c.DescribeUserPoolClientCommand, { UserPoolId: pool.id, ClientId: pool.clientId })
  assert.equal(UserPoolClient.ClientSecret, pool.secret)
  assert.equal(UserPoolClient.ClientType, 'REGULAR')
  await send(c.CreateGroupCommand, { UserPoolId: pool.id, GroupName: 'admins', Precedence: 1 })
  await user(pool, 'erin', { email: 'erin@example.com' })
  await send(c.AdminAddUserToGroupCommand, { UserPoolId: pool.id, Username: 'erin', GroupName: 'admins' })
  const { AuthenticationResult: tokens } = await signIn(pool, 'erin', { SECRET_HASH: secretHash(pool.secret, 'erin', pool.clientId) })
  assert.deepEqual(claims(tokens.AccessToken)['cognito:groups'], ['admins'])
  assert.equal(tokens.ExpiresIn, 600)
  await assert.rejects(signIn(pool, 'erin'), c.NotAuthorizedException)
  const again = await send(c.GetTokensFromRefreshTokenCommand, {
    ClientId: pool.clientId, ClientSecret: pool.secret, RefreshToken: tokens.RefreshToken,
  })
  assert.equal(claims(again.AuthenticationResult.AccessToken).origin_jti, claims(tokens.AccessToken).origin_jti)
  await send(c.RevokeTokenCommand, { ClientId: pool.clientId, ClientSecret: pool.secret, Token: tokens.RefreshToken })
  await assert.rejects(send(c.GetUserCommand, { AccessToken: tokens.AccessToken }),
    e => e instanceof c.NotAuthorizedException && e.message === 'Access Token has been revoked')
  await send(c.DeleteUserPoolCommand, { UserPoolId: pool.id })
  await assert.rejects(send(c.DescribeUserPoolCommand, { UserPoolId: pool.id }), c.ResourceNotFoundException)
})

test('paginators give every user and every client once', async () => {
  const pool = await makePool()
  await Promise.all([...Array(7).keys()].map(i => send(c.AdminCreateUserCommand, {
    UserPoolId: pool.id, Username: `user${i}`, MessageAction: 'SUPPRESS',
  })))
  const names = []
  for await (const page of c.paginateListUsers({ client: aws, pageSize: 3 }, { UserPoolId: pool.id })) {
    names.push(...page.Users.map(u => u.Username))
  }
  assert.deepEqual(names.sort(), [...Array(7).keys()].map(i => `user${i}`))
  for (let i = 0; i < 4; i++) await send(c.CreateUserPoolClientCommand, { UserPoolId: pool.id, ClientName: `app${i}` })
  const clients = new Set()
  for await (const page of c.paginateListUserPoolClients({ client: aws, pageSize: 2 }, { UserPoolId: pool.id, ClientType: 'REGULAR' })) {
    for (const one of page.UserPoolClients) clients.add(one.ClientId)
  }
  assert.equal(clients.size, 5)
  const registered = await send(c.ListUserPoolClientsCommand, { UserPoolId: pool.id, MaxResults: 60, ClientType: 'DCR' })
  assert.deepEqual(registered.UserPoolClients, [])
})

test('an authenticator app is set up by a required second factor, and asked for from then on', async () => {
  const pool = await makePool({ mfa: { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } } })
  await user(pool, 'finn')
  const first = await signIn(pool, 'finn')
  assert.equal(first.ChallengeName, 'MFA_SETUP')
  assert.equal(first.ChallengeParameters.MFAS_CAN_SETUP, '["SOFTWARE_TOKEN_MFA"]')
  const app = await send(c.AssociateSoftwareTokenCommand, { Session: first.Session })
  await assert.rejects(send(c.VerifySoftwareTokenCommand, { Session: app.Session, UserCode: '000000' }), c.EnableSoftwareTokenMFAException)
  const proven = await send(c.VerifySoftwareTokenCommand, { Session: app.Session, UserCode: totp(app.SecretCode) })
  assert.equal(proven.Status, 'SUCCESS')
  const done = await send(c.RespondToAuthChallengeCommand, {
    ClientId: pool.clientId, ChallengeName: 'MFA_SETUP', Session: proven.Session, ChallengeResponses: { USERNAME: 'finn' },
  })
  assert.ok(done.AuthenticationResult.AccessToken)
  const challenge = async () => {
    const next = await signIn(pool, 'finn')
    assert.equal(next.ChallengeName, 'SOFTWARE_TOKEN_MFA')
    return code => send(c.RespondToAuthChallengeCommand, {
      ClientId: pool.clientId, ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: next.Session,
      ChallengeResponses: { USERNAME: 'finn', SOFTWARE_TOKEN_MFA_CODE: code },
    })
  }
  // A code counts until the half minute after its own is over. Where it took longer than that to use it twice, there was nothing to
  // see but that it counts no more, and a new one is used.
  for (let over = true; over;) {
    const once = await challenge(), twice = await challenge()
    const last = step() + 2, code = totp(app.SecretCode, 1)
    assert.ok((await once(code)).AuthenticationResult.IdToken)
    const e = await twice(code).then(() => assert.fail('a code was taken twice'), e => e)
    over = step() > last
    if (!over) assert.ok(e instanceof c.ExpiredCodeException && e.message === 'Your software token has already been used once.', e)
  }
})

test('a person chooses how to sign in', async () => {
  const pool = await makePool({ pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } } } })
  await user(pool, 'gil', { email: 'gil@example.com', email_verified: 'true' })
  const start = await send(c.InitiateAuthCommand, { ClientId: pool.clientId, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: 'gil' } })
  assert.equal(start.ChallengeName, 'SELECT_CHALLENGE')
  assert.deepEqual([...start.AvailableChallenges].sort(), ['EMAIL_OTP', 'PASSWORD', 'PASSWORD_SRP'])
  const chosen = await send(c.RespondToAuthChallengeCommand, {
    ClientId: pool.clientId, ChallengeName: 'SELECT_CHALLENGE', Session: start.Session,
    ChallengeResponses: { USERNAME: 'gil', ANSWER: 'EMAIL_OTP' },
  })
  assert.equal(chosen.ChallengeName, 'EMAIL_OTP')
  const done = await send(c.RespondToAuthChallengeCommand, {
    ClientId: pool.clientId, ChallengeName: 'EMAIL_OTP', Session: chosen.Session,
    ChallengeResponses: { USERNAME: 'gil', EMAIL_OTP_CODE: await codeFor('gil@example.com') },
  })
  assert.ok(done.AuthenticationResult.RefreshToken)
})

test('a program gets a token of its own by GetClientToken', async () => {
  const pool = await makePool()
  await send(c.CreateResourceServerCommand, {
    UserPoolId: pool.id, Identifier: 'orders', Name: 'orders', Scopes: [{ ScopeName: 'read', ScopeDescription: 'read' }],
  })
  const { UserPoolClient: job } = await send(c.CreateUserPoolClientCommand, {
    UserPoolId: pool.id, ClientName: 'job', GenerateSecret: true, ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH'],
    AllowedOAuthScopes: ['orders/read'],
  })
  const ask = more => send(c.GetClientTokenCommand, { ClientId: job.ClientId, Secret: job.ClientSecret, ...more })
  const { ClientAuthenticationResult: got } = await ask({ Scopes: ['orders/read'] })
  assert.equal(got.TokenType, 'Bearer')
  assert.equal(got.ExpiresIn, 3600)
  const token = claims(got.AccessToken)
  assert.equal(token.sub, job.ClientId)
  assert.equal(token.scope, 'orders/read')
  await assert.rejects(ask({ Secret: 'x'.repeat(40) }), c.NotAuthorizedException)
  await assert.rejects(send(c.GetClientTokenCommand, { ClientId: pool.clientId, Secret: 'x'.repeat(40) }), c.NotAuthorizedException)
})

test('errors are the SDK\'s own classes, with the words of AWS', async () => {
  const pool = await makePool({ mfa: everyFactor('OPTIONAL') })
  for (const [Command, input, Class, message] of [
    [c.DescribeUserPoolCommand, { UserPoolId: 'eu-west-1_AAAAAAAAA' }, c.ResourceNotFoundException, 'User pool eu-west-1_AAAAAAAAA does not exist.'],
    [c.AdminGetUserCommand, { UserPoolId: pool.id, Username: 'nobody' }, c.UserNotFoundException, 'User does not exist.'],
    [c.GetGroupCommand, { UserPoolId: pool.id, GroupName: 'none' }, c.ResourceNotFoundException, 'Group not found.'],
    [c.GetUserCommand, { AccessToken: 'x.y.z' }, c.NotAuthorizedException, 'Invalid Access Token'],
    [c.ListUsersCommand, { UserPoolId: pool.id, Filter: 'shoe = "9"' }, c.InvalidParameterException, 'Invalid search attribute: shoe'],
    [c.SignUpCommand, { ClientId: pool.clientId, Username: 'u', Password: 'Short1!' }, c.InvalidPasswordException,
      'Password did not conform with policy: Password not long enough'],
  ]) {
    await assert.rejects(send(Command, input), e => e instanceof Class && e.message === message && e.$metadata.httpStatusCode === 400)
  }
})
