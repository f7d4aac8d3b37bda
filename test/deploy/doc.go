// Package deploy checks what operators copy from the folder deploy: that it names settings, ports and metrics that
// exist, and that it parses. It leaves starting containers to whoever has a container engine.
package deploy
