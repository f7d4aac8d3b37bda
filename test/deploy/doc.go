// Package deploy checks what operators copy from the folder deploy: that it names settings, ports and metrics that
// exist, and that it parses; that what the image holds runs as a container would run it; and that the tests exist which the threat
// model names. It starts no containers.
package deploy
