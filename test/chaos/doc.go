// Package chaos runs the real binary on several nodes and real databases, and takes things away while clients work:
// nodes, databases, connections, time. It leaves what one node does to test/story and the rules of single rooms to the
// tests beside them.
package chaos
