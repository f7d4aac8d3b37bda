// The three triggers of a sign-in by a link: define what comes next, create the link, verify the answer.
'use strict'
const { createHash, randomBytes, timingSafeEqual } = require('node:crypto')
const { send } = require('./send.js')

const tries = 3
const life = 10 * 60 * 1000 // milliseconds

const digest = (text) => createHash('sha256').update(text).digest('hex')

const triggers = {
  // Tokens after a right answer, the end after three wrong ones, and until then the question.
  DefineAuthChallenge_Authentication(event) {
    const { session, userNotFound } = event.request
    const passed = session.some((step) => step.challengeName === 'CUSTOM_CHALLENGE' && step.challengeResult)
    event.response.issueTokens = passed && !userNotFound
    event.response.failAuthentication = !event.response.issueTokens && session.length >= tries
    event.response.challengeName = event.response.issueTokens || event.response.failAuthentication ? null : 'CUSTOM_CHALLENGE'
  },

  // The first question sends a link; the next ones are about the same link, which is remembered in the metadata.
  async CreateAuthChallenge_Authentication(event) {
    const { session, userAttributes, userNotFound } = event.request
    const asked = session.at(-1)?.challengeMetadata
    let kept = asked
    if (!kept) {
      const token = randomBytes(24).toString('base64url')
      kept = `${digest(token)} ${Date.now() + life}`
      if (!userNotFound && userAttributes.email_verified === 'true') await send(userAttributes.email, link(event.userName, token))
    }
    event.response.publicChallengeParameters = { email: masked(userAttributes.email ?? event.userName) }
    event.response.privateChallengeParameters = { kept }
    event.response.challengeMetadata = kept
  },

  VerifyAuthChallengeResponse_Authentication(event) {
    const [want, until] = event.request.privateChallengeParameters.kept.split(' ')
    const got = digest(event.request.challengeAnswer)
    event.response.answerCorrect = timingSafeEqual(Buffer.from(got), Buffer.from(want)) && Date.now() < Number(until)
  },
}

function link(username, token) {
  const url = new URL(process.env.APP_URL)
  url.searchParams.set('username', username)
  url.hash = `token=${token}` // what is behind # reaches no server's log
  return url.href
}

const masked = (email) => email.replace(/^(.).*@/, '$1***@')

exports.handler = async (event) => {
  await triggers[event.triggerSource](event)
  return event
}
