// Runs a Node.js handler: loads it, and speaks the AWS Lambda Runtime API for it.
'use strict'
const http = require('node:http')
const fs = require('node:fs')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const root = process.env.LAMBDA_TASK_ROOT
const [address, ...prefix] = process.env.AWS_LAMBDA_RUNTIME_API.split('/')
const [hostname, port] = address.split(':')
const base = ['', ...prefix, '2018-06-01', 'runtime'].join('/')
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })

function call(method, route, body, headers) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, hostname, port, method, path: base + route, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

function named(name, message) {
  const error = new Error(message)
  error.name = name
  return error
}

function described(error) {
  if (error instanceof Error || (error && error.name && 'message' in error)) {
    return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') }
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] }
}

const report = (route, error) => {
  const said = described(error)
  return call('POST', route, JSON.stringify(said), { 'lambda-runtime-function-error-type': said.errorType })
}

async function load(spec) {
  const slash = spec.lastIndexOf('/') + 1
  const [name, ...inner] = spec.slice(slash).split('.')
  if (!name || inner.length === 0) throw named('Runtime.MalformedHandlerName', `Bad handler ${spec}`)
  const stem = path.resolve(root, spec.slice(0, slash), name)
  const file = ['.js', '.mjs', '.cjs'].map((end) => stem + end).find((f) => fs.existsSync(f))
  if (!file) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${spec.slice(0, slash)}${name}'`)
  const loaded = await import(pathToFileURL(file).href)
  const find = (from) => inner.reduce((at, key) => (at === undefined || at === null ? undefined : at[key]), from)
  const handler = find(loaded) ?? find(loaded.default)
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${spec} is undefined or not exported`)
  return handler
}

// What a handler that neither answers nor waits for anything has decided on: nothing.
let drained = null
process.on('beforeExit', () => {
  const settle = drained
  drained = null
  if (settle) settle()
})

// run gives the handler an event and waits for its answer: a promise's, a callback's or the old context methods'.
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const settle = (error, result) => (error === null || error === undefined ? resolve(result) : reject(error))
    const callback = (error, result) => {
      if (error || !context.callbackWaitsForEmptyEventLoop) settle(error, result)
      else drained = () => settle(null, result)
    }
    drained = () => resolve(null)
    context.done = (error, result) => settle(error, result)
    context.succeed = (result) => settle(null, result)
    context.fail = (error) => settle(error ?? named('Error', 'handled'))
    const answer = handler(event, context, callback)
    if (answer && typeof answer.then === 'function') answer.then(resolve, (error) => reject(error ?? named('Error', 'null')))
  }).finally(() => (drained = null))
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}

let current = null
async function die(error, name) {
  if (current) {
    const said = described(error)
    const wrapped = named(name ?? said.errorType, said.errorMessage)
    const route = `/invocation/${current}/error`
    current = null
    await report(route, wrapped).catch(() => {})
  } else {
    console.error(error)
  }
  process.exit(1)
}
process.on('uncaughtException', (error) => die(error))
process.on('unhandledRejection', (error) => die(error, 'Runtime.UnhandledPromiseRejection'))

async function main() {
  let handler
  try {
    handler = await load(process.env._HANDLER)
  } catch (error) {
    console.error(error)
    await report('/init/error', error)
    process.exit(1)
  }
  for (;;) {
    const next = await call('GET', '/invocation/next')
    const context = contextOf(next.headers)
    const route = `/invocation/${context.awsRequestId}`
    current = context.awsRequestId
    try {
      const answer = await run(handler, JSON.parse(next.body), context)
      const text = JSON.stringify(answer === undefined ? null : answer)
      current = null
      await call('POST', `${route}/response`, text)
    } catch (error) {
      if (current) {
        current = null
        await report(`${route}/error`, error)
      } else {
        throw error
      }
    }
  }
}
main().catch((error) => {
  console.error(error)
  process.exit(1)
})
