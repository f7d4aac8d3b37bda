// What the tests of Cognito's clients share: a pool and an app client of their own on the server under test, the
// mailbox, and the codes of an authenticator app. The server's address is in COGNATE.
import {
  CognitoIdentityProviderClient, CreateUserPoolClientCommand, CreateUserPoolCommand, SetUserPoolMfaConfigCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createHmac } from 'node:crypto'
import { patience } from '../browser.mjs'

export const endpoint = process.env.COGNATE
export const region = 'eu-west-1'
export const password = 'Correct-Horse1'

// In development mode the server takes any access key.
export const aws = new CognitoIdentityProviderClient({
  endpoint, region, credentials: { accessKeyId: 'dev', secretAccessKey: 'dev' }, maxAttempts: 1,
})

export const send = (Command, input) => aws.send(new Command(input))

// makePool makes a pool that knows every factor and tracks devices if asked to, and an app client of every flow.
export async function makePool({ pool = {}, client = {}, mfa } = {}) {
  const { UserPool } = await send(CreateUserPoolCommand, { PoolName: 'people', AutoVerifiedAttributes: ['email'], ...pool })
  if (mfa) await send(SetUserPoolMfaConfigCommand, { UserPoolId: UserPool.Id, ...mfa })
  const { UserPoolClient } = await send(CreateUserPoolClientCommand, {
    UserPoolId: UserPool.Id, ClientName: 'app',
    ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH',
      'ALLOW_ADMIN_USER_PASSWORD_AUTH'],
    ...client,
  })
  return { id: UserPool.Id, clientId: UserPoolClient.ClientId, secret: UserPoolClient.ClientSecret, arn: UserPool.Arn }
}

// newest is the newest message to somebody, which may be on its way still.
export async function newest(to) {
  for (const end = Date.now() + patience; Date.now() < end;) {
    const answer = await fetch(`${endpoint}/_cognate/mailbox/messages?to=${encodeURIComponent(to)}&wait=5s`)
    const { messages } = await answer.json()
    if (messages.length) return messages[0]
  }
  throw new Error(`no message to ${to}`)
}

export const codeFor = async to => (await newest(to)).code

// step is the half minute in which a code is shown.
export const step = () => Math.floor(Date.now() / 30000)

// totp is the code that an authenticator app shows: RFC 6238 with SHA-1. Steps counts from now; a code works once.
export function totp(secret, steps = 0) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map(c => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map(b => parseInt(b, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step() + steps))
  const mac = createHmac('sha1', key).update(counter).digest()
  const at = mac[19] & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0')
}

// claims reads a token without checking it.
export const claims = token => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))

export const secretHash = (secret, username, clientId) =>
  createHmac('sha256', secret).update(username + clientId).digest('base64')

// everyFactor is an MFA configuration with all of them.
export const everyFactor = mode => ({
  MfaConfiguration: mode, SoftwareTokenMfaConfiguration: { Enabled: true },
  EmailMfaConfiguration: { Subject: 'code', Message: 'Your code is {####}' },
})
