//go:build race

package app

// raced: the race detector allocates, too.
const raced = true
