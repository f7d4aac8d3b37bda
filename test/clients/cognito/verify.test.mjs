// aws-jwt-verify: the verifier that AWS gives to applications, with our key sets.
import assert from 'node:assert/strict'
import test from 'node:test'
import * as c from '@aws-sdk/client-cognito-identity-provider'
import { CognitoJwtVerifier, JwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { endpoint, makePool, password, region, send } from './world.mjs'

const tokensOf = async pool => {
  await send(c.AdminCreateUserCommand, { UserPoolId: pool.id, Username: 'vera', MessageAction: 'SUPPRESS' })
  await send(c.AdminSetUserPasswordCommand, { UserPoolId: pool.id, Username: 'vera', Password: password, Permanent: true })
  await send(c.CreateGroupCommand, { UserPoolId: pool.id, GroupName: 'admins' })
  await send(c.AdminAddUserToGroupCommand, { UserPoolId: pool.id, Username: 'vera', GroupName: 'admins' })
  const { AuthenticationResult } = await send(c.InitiateAuthCommand, {
    ClientId: pool.clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'vera', PASSWORD: password },
  })
  return AuthenticationResult
}

// The library fetches over TLS alone; the server under test has none.
const overHTTP = () => new SimpleJwksCache({ fetcher: { fetch: async uri => (await fetch(uri)).arrayBuffer() } })

test('access and ID tokens verify, each as what it is, for the client and the group that they are for', async () => {
  const pool = await makePool()
  const tokens = await tokensOf(pool)
  const aws = process.env.COGNATE_ISSUER === 'aws'
  const verifier = extra => aws
    ? CognitoJwtVerifier.create({ userPoolId: pool.id, clientId: pool.clientId, ...extra })
    : JwtVerifier.create({
      issuer: `${endpoint}/${pool.id}`, jwksUri: `${endpoint}/${pool.id}/.well-known/jwks.json`, audience: null, ...extra,
    }, { jwksCache: overHTTP() })
  const ready = async v => {
    if (aws) v.cacheJwks(await (await fetch(`${endpoint}/${pool.id}/.well-known/jwks.json`)).json())
    return v
  }
  const access = await (await ready(verifier(aws ? { tokenUse: 'access', groups: ['admins'] } : {}))).verify(tokens.AccessToken)
  assert.equal(access.username, 'vera')
  assert.equal(access.iss, aws ? `https://cognito-idp.${region}.amazonaws.com/${pool.id}` : `${endpoint}/${pool.id}`)
  const id = await (await ready(verifier(aws ? { tokenUse: 'id' } : { audience: pool.clientId }))).verify(tokens.IdToken)
  assert.equal(id['cognito:username'], 'vera')
  const other = await makePool()
  const foreign = await tokensOf(other)
  await assert.rejects((await ready(verifier(aws ? { tokenUse: 'access' } : {}))).verify(foreign.AccessToken))
  const [head, body, sign] = tokens.AccessToken.split('.')
  const forged = [head, Buffer.from(JSON.stringify({ ...access, username: 'root' })).toString('base64url'), sign].join('.')
  await assert.rejects((await ready(verifier(aws ? { tokenUse: 'access' } : {}))).verify(forged))
})
