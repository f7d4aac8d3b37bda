// An authorizer of an HTTP API, payload 2.0, with a simple response: whoever knows the word may read.
exports.handler = async (event) => ({
  isAuthorized: event.identitySource[0] === 'open sesame' && event.requestContext.http.method === 'GET',
  context: { via: 'a word', tags: ['a', 'b'] },
})
