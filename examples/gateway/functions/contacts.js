// A backend that tells who asks, for either payload: what stands here runs on AWS, too.
exports.handler = async (event) => {
  const { authorizer } = event.requestContext
  const claims = event.version === '2.0' ? authorizer.jwt.claims : authorizer.claims
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ id: event.pathParameters.id, who: claims.sub, username: claims['cognito:username'] ?? claims.username, groups: claims['cognito:groups'] }),
  }
}
