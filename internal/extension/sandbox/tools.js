// What scripts use to call others: fetch, as far as they need it, and the module request-promise-native on top of it.
// send(url, method, [[name, value]], body) is all that the world around gives.
(function (send) {
  'use strict'

  const pairs = (headers) => {
    if (!headers) return []
    const list = Array.isArray(headers) ? headers : Object.entries(headers)
    return list.filter(([, value]) => value !== undefined && value !== null).map(([name, value]) => [String(name), String(value)])
  }
  const has = (list, name) => list.some(([n]) => n.toLowerCase() === name)

  class Response {
    constructor(url, a) {
      this.url = url
      this.status = a.status
      this.statusText = a.text
      this.ok = a.status >= 200 && a.status < 300
      const headers = a.headers
      this.headers = {
        get: (name) => { const value = headers[String(name).toLowerCase()]; return value === undefined ? null : value },
        has: (name) => headers[String(name).toLowerCase()] !== undefined,
        entries: () => Object.entries(headers),
        forEach: (f) => Object.entries(headers).forEach(([name, value]) => f(value, name)),
      }
      this.text = async () => a.body
      this.json = async () => JSON.parse(a.body)
    }
  }

  async function fetch(url, options = {}) {
    url = String(url)
    return new Response(url, await send(url, String(options.method || 'GET').toUpperCase(), pairs(options.headers), options.body))
  }

  const query = (values) => Object.entries(values)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((v) => encodeURIComponent(name) + '=' + encodeURIComponent(v)))
    .join('&')

  const base64 = (text) => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const bytes = unescape(encodeURIComponent(text)).split('').map((c) => c.charCodeAt(0))
    let out = ''
    for (let i = 0; i < bytes.length; i += 3) {
      const n = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0)
      out += letters[n >> 18] + letters[(n >> 12) & 63] + (i + 1 < bytes.length ? letters[(n >> 6) & 63] : '=') + (i + 2 < bytes.length ? letters[n & 63] : '=')
    }
    return out
  }

  async function request(first, second) {
    const o = typeof first === 'string' ? { ...second, uri: first } : { ...first }
    let url = String(o.uri || o.url)
    if (o.qs) url += (url.includes('?') ? '&' : '?') + query(o.qs)
    const headers = pairs(o.headers)
    let body = o.body
    if (o.json) {
      if (!has(headers, 'accept')) headers.push(['Accept', 'application/json'])
      if (typeof o.json === 'object') body = o.json
      if (body !== undefined) {
        body = JSON.stringify(body)
        if (!has(headers, 'content-type')) headers.push(['Content-Type', 'application/json'])
      }
    } else if (o.form) {
      body = typeof o.form === 'string' ? o.form : query(o.form)
      if (!has(headers, 'content-type')) headers.push(['Content-Type', 'application/x-www-form-urlencoded'])
    }
    if (o.auth && !has(headers, 'authorization')) {
      const user = o.auth.user !== undefined ? o.auth.user : o.auth.username
      const pass = o.auth.pass !== undefined ? o.auth.pass : o.auth.password
      headers.push(['Authorization', o.auth.bearer !== undefined ? 'Bearer ' + o.auth.bearer : 'Basic ' + base64(user + ':' + (pass || ''))])
    }
    const a = await send(url, String(o.method || 'GET').toUpperCase(), headers, body)
    let said = a.body
    if (o.json) {
      try { said = JSON.parse(a.body) } catch (e) { /* what is no JSON stays a text */ }
    }
    const response = { statusCode: a.status, statusMessage: a.text, headers: a.headers, body: said }
    if (o.simple !== false && (a.status < 200 || a.status > 299)) {
      const error = new Error(a.status + ' - ' + JSON.stringify(said))
      throw Object.assign(error, { name: 'StatusCodeError', statusCode: a.status, error: said, options: { uri: url }, response })
    }
    return o.resolveWithFullResponse ? response : said
  }
  for (const method of ['get', 'post', 'put', 'patch', 'delete', 'head']) {
    request[method] = (first, second) => request(typeof first === 'string' ? { ...second, uri: first, method } : { ...first, method })
  }

  return { fetch, request }
})
