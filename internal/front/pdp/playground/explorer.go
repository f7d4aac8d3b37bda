package playground

import "net/http"

// ExplorerPath is where the style and the script of the explorer are; the page itself is the root of the port, where
// Cerbos has its own.
const ExplorerPath = "/_cognate/api/"

// Explorer serves a page on which each call of the API can be tried. It tells nothing that the calls do not.
func Explorer() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", asset("explorer.html", "text/html; charset=utf-8"))
	mux.HandleFunc("GET "+ExplorerPath+"playground.css", asset("playground.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET "+ExplorerPath+"explorer.css", asset("explorer.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET "+ExplorerPath+"explorer.js", asset("explorer.js", "text/javascript; charset=utf-8"))
	return mux
}
