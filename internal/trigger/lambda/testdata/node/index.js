const { spawn } = require('node:child_process')
let calls = 0

const deeds = {
  async claims(event) {
    event.response.claimsAndScopeOverrideDetails = { accessTokenGeneration: { claimsToAddOrOverride: { calls: ++calls, pid: process.pid } } }
    return event
  },
  async throws() { throw new RangeError('names have more letters') },
  async throwsText() { throw 'a text' },
  async throwsEmpty() { throw new Error('') },
  async rejectsNothing() { return Promise.reject() },
  async null() { return null },
  async nothing() {},
  async never() { return new Promise(() => {}) },
  async shape(event) { return { ...event, response: { claims: {} } } },
  async big(event) { return { ...event, padding: 'x'.repeat(6291556) } },
  async crash() { process.exit(3) },
  async abort() { process.abort() },
  async later() { setImmediate(() => { throw new TypeError('too late') }); return new Promise(() => setTimeout(() => {}, 60000)) },
  async unhandled() { Promise.reject(new TypeError('nobody listens')); return new Promise(() => setTimeout(() => {}, 60000)) },
  async hang() { for (;;); },
  async fork() {
    for (let i = 0; i < 3; i++) spawn('sleep', ['1000'], { detached: i > 0, stdio: 'inherit' })
    for (;;);
  },
  async forkAndAnswer(event) { spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref(); return event },
  async memory() { const all = []; for (;;) all.push(Buffer.alloc(32 << 20, 1)) },
  async heap() { const all = []; for (;;) all.push(new Array(1 << 16).fill(Math.random())) },
  async log(event) { console.log('one'); console.error('two'); process.stdout.write('x'.repeat(20000) + '\n'); return event },
  async env(event) { event.seen = process.env; return event },
  async context(event, context) {
    event.seen = { ...context, left: context.getRemainingTimeInMillis() }
    return event
  },
  callback(event, context, callback) { callback(null, event) },
  callbackLater(event, context, callback) { setTimeout(() => { event.late = true }, 20); callback(null, event) },
  callbackAtOnce(event, context, callback) { context.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 60000); callback(null, event) },
  callbackFails(event, context, callback) { callback(new Error('called back')) },
  done(event, context) { context.done(null, event) },
  succeed(event, context) { context.succeed(event) },
  fail(event, context) { context.fail(new Error('failed')) },
}

exports.handler = (event, context, callback) => deeds[event.request.clientMetadata.do](event, context, callback)
exports.inner = { handler: exports.handler }
