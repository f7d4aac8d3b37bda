// Temporary credentials by AWS's own providers, @aws-sdk/credential-providers and Amplify: a sign-in at a user pool becomes an
// identity, and the identity signs. The people and roles are those of examples/.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import * as ci from '@aws-sdk/client-cognito-identity'
import * as idp from '@aws-sdk/client-cognito-identity-provider'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromCognitoIdentityPool, fromTokenFile } from '@aws-sdk/credential-providers'
import { Amplify } from 'aws-amplify'
import * as auth from 'aws-amplify/auth'
import { endpoint } from './world.mjs'

globalThis.navigator ??= { userAgent: 'node' }

const region = 'us-east-1'
const userPoolId = 'us-east-1_Cognate01'
const userPoolClientId = 'contactsweb0000000000000000'
const login = `cognito-idp.${region}.amazonaws.com/${userPoolId}`
const admin = new ci.CognitoIdentityClient({ endpoint, region, credentials: { accessKeyId: 'dev', secretAccessKey: 'dev' }, maxAttempts: 1 })
const role = name => `arn:aws:iam::000000000000:role/${name}`

const makePool = async (more = {}) => {
  const { IdentityPoolId } = await admin.send(new ci.CreateIdentityPoolCommand({
    IdentityPoolName: 'contacts', AllowUnauthenticatedIdentities: true,
    CognitoIdentityProviders: [{ ProviderName: login, ClientId: userPoolClientId, ServerSideTokenCheck: true }], ...more,
  }))
  await admin.send(new ci.SetIdentityPoolRolesCommand({
    IdentityPoolId, Roles: { authenticated: role('member'), unauthenticated: role('guest') },
  }))
  return IdentityPoolId
}

const signIn = async () => {
  const people = new idp.CognitoIdentityProviderClient({ endpoint, region, maxAttempts: 1 })
  const { AuthenticationResult } = await people.send(new idp.InitiateAuthCommand({
    ClientId: userPoolClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'alice', PASSWORD: 'Correct-Horse1' },
  }))
  return AuthenticationResult.IdToken
}

const whoami = credentials => new STSClient({ endpoint, region, credentials, maxAttempts: 1 }).send(new GetCallerIdentityCommand({}))
const session = name => `arn:aws:sts::000000000000:assumed-role/${name}/CognitoIdentityCredentials`

test('fromCognitoIdentityPool gives a person and a guest credentials that sign', async () => {
  const identityPoolId = await makePool()
  const clientConfig = { endpoint, region, maxAttempts: 1 }
  const person = fromCognitoIdentityPool({ identityPoolId, clientConfig, logins: { [login]: signIn } })
  assert.equal((await whoami(person)).Arn, session('member'))
  const guest = fromCognitoIdentityPool({ identityPoolId, clientConfig, cache: undefined })
  assert.equal((await whoami(guest)).Arn, session('guest'))
  const { identityId, expiration } = await person()
  assert.match(identityId, /^us-east-1:[0-9a-f-]{36}$/)
  assert.ok(expiration > new Date())
  const asPerson = new idp.CognitoIdentityProviderClient({ endpoint, region, credentials: person, maxAttempts: 1 })
  await assert.rejects(asPerson.send(new idp.ListUserPoolsCommand({ MaxResults: 1 })), { name: 'AccessDeniedException' })
  const forged = fromCognitoIdentityPool({ identityPoolId, clientConfig, logins: { [login]: async () => 'a.b.c' } })
  await assert.rejects(forged(), { name: 'NotAuthorizedException', message: 'Invalid login token. Not a valid OpenId Connect identity token.' })
})

test('fromTokenFile exchanges the token of an identity', async () => {
  const IdentityPoolId = await makePool({ AllowClassicFlow: true })
  const { IdentityId } = await admin.send(new ci.GetIdCommand({ IdentityPoolId }))
  const { Token } = await admin.send(new ci.GetOpenIdTokenCommand({ IdentityId }))
  const webIdentityTokenFile = join(tmpdir(), `token-${process.pid}`)
  await writeFile(webIdentityTokenFile, Token)
  const credentials = fromTokenFile({ webIdentityTokenFile, roleArn: role('guest'), roleSessionName: 'guest', clientConfig: { endpoint, region } })
  assert.equal((await whoami(credentials)).Arn, 'arn:aws:sts::000000000000:assumed-role/guest/guest')
})

test('Amplify has credentials for whoever is signed in, and for guests', async () => {
  const identityPoolId = await makePool()
  Amplify.configure({ Auth: { Cognito: {
    userPoolId, userPoolClientId, userPoolEndpoint: endpoint, identityPoolId, identityPoolEndpoint: endpoint, allowGuestAccess: true,
  } } })
  const guest = await auth.fetchAuthSession()
  assert.equal((await whoami(guest.credentials)).Arn, session('guest'))
  await auth.signIn({ username: 'alice', password: 'Correct-Horse1' })
  const person = await auth.fetchAuthSession()
  assert.equal((await whoami(person.credentials)).Arn, session('member'))
  assert.equal(person.identityId, guest.identityId)
  await auth.signOut()
})
