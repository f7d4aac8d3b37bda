// Package story holds the product's journeys as scripts that read like a manual, each played against the real binary
// by clients that are not ours. It leaves the rules of single rooms to the tests beside those rooms.
package story
