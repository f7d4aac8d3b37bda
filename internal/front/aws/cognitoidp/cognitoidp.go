// Package cognitoidp answers the operations of Amazon Cognito user pools: it turns a request of the wire into the
// domain's words, asks one room, and turns the answer back. It leaves protocol, signatures and exception names to
// front/aws and every decision to the rooms.
package cognitoidp
