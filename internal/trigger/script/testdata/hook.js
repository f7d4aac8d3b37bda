let calls = 0
const deeds = {
  claims(event) {
    calls++
    event.response.claimsOverrideDetails = { claimsToAddOrOverride: { calls: String(calls) } }
    return event
  },
  async later(event) {
    const add = async (e) => ({ ...e, userName: 'bob' })
    return await add(event)
  },
  throws() { throw new RangeError('names have more letters') },
  async rejects() { throw new TypeError('no') },
  throwsText() { throw 'a text' },
  throwsGetter() { throw { get message() { throw new Error('again') } } },
  nothing() {},
  never() { return new Promise(() => {}) },
  cycle(event) { event.self = event; return event },
  deep() { const f = () => f() + 1; return f() },
  hang() { for (;;); },
  memory() { const all = []; for (;;) all.push('x'.repeat(1 << 20) + all.length) },
  big(event) { return { ...event, padding: 'x'.repeat(6291556) } },
  escape(event) {
    event.seen = [typeof require, typeof process, typeof fetch, typeof setTimeout, typeof Deno, typeof globalThis.std]
    return event
  },
  log(event) { console.log('seen', event.userName); return event },
  context(event, context) {
    event.seen = { id: context.awsRequestId, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() }
    return event
  },
}
exports.handler = (event, context) => deeds[event.request.clientMetadata.do](event, context)
