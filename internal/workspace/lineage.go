package workspace

import (
	"slices"

	"cognate.dev/cognate/internal/workspace/mapping"
)

// The kinds of nodes of a lineage, from where things come to where they go.
const (
	NodeConnection = "idp"
	NodeAttribute  = "attribute"
	NodeStatic     = "static"
	NodeContext    = "authn_context"
	NodeClaim      = "claim"
	NodeClient     = "client"
)

// Node is one thing on the way from a provider to an application.
type Node struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Label string `json:"label"`
	// Of is the node that it belongs to: the connection of an attribute.
	Of     string         `json:"of,omitempty"`
	Type   string         `json:"type,omitempty"`   // of attributes and claims
	Source mapping.Source `json:"source,omitempty"` // of an attribute
	Opaque bool           `json:"opaque,omitempty"` // of a claim
	Scopes []string       `json:"scopes,omitempty"` // of a claim: any of them lets it through; none: it always goes
	Fixed  bool           `json:"fixed,omitempty"`  // of a claim that is of the client, and of nobody's context
}

// Edge says that something ends in something else.
type Edge struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Kind   string   `json:"kind"`             // mapping, claim, scope
	Path   string   `json:"path,omitempty"`   // which part of it: the mapping's source, the claim's path
	Weak   bool     `json:"weak,omitempty"`   // the mapping decodes weakly
	Scopes []string `json:"scopes,omitempty"` // any of which lets a claim through to the client; none: it always goes
}

// Graph is a lineage.
type Graph struct {
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
}

// Lineage is how what providers say ends in what applications get. It looks at settings alone and asks nobody.
func Lineage(w *Workspace, connections []*Connection, clients []*App) Graph {
	g := Graph{Nodes: []Node{}, Edges: []Edge{}}
	for _, a := range w.Context.Attributes {
		g.Nodes = append(g.Nodes, Node{ID: contextNode(a.Name), Kind: NodeContext, Label: labelOf(a), Type: string(a.Type)})
	}
	for _, c := range connections {
		g.connection(c, w)
	}
	for _, c := range w.Claims {
		node := claimNode(c)
		g.Nodes = append(g.Nodes, Node{ID: node, Kind: NodeClaim, Label: c.Name, Type: c.Type, Opaque: c.Opaque, Scopes: c.Scopes, Fixed: c.SourceType == FromClient})
		if path, err := mapping.Parse(c.SourcePath); err == nil && c.SourceType == FromContext {
			g.Edges = append(g.Edges, Edge{From: contextNode(path.Root()), To: node, Kind: "claim", Path: c.SourcePath})
		}
	}
	for _, app := range clients {
		g.client(app, w)
	}
	return g
}

func contextNode(name string) string { return "ctx:" + name }
func claimNode(c Claim) string       { return "claim:" + c.Type + ":" + c.Name }

func labelOf(a mapping.Attribute) string {
	if a.Description != "" {
		return a.Description
	}
	return a.Name
}

func (g *Graph) connection(c *Connection, w *Workspace) {
	own := "idp:" + c.ID
	g.Nodes = append(g.Nodes, Node{ID: own, Kind: NodeConnection, Label: c.Name, Type: c.Method})
	for _, a := range c.Attributes {
		node := own + ":" + string(a.Source) + ":" + a.Name
		g.Nodes = append(g.Nodes, Node{ID: node, Kind: NodeAttribute, Label: labelOf(a), Of: own, Type: string(a.Type), Source: a.Source})
		for _, m := range c.Mappings {
			if name := m.Writes(a, w.Context.Attributes); name != "" && m.Feeds(a) {
				g.Edges = append(g.Edges, Edge{From: node, To: contextNode(name), Kind: "mapping", Path: m.Source, Weak: m.Weak})
			}
		}
	}
	for _, m := range c.Mappings {
		path, err := mapping.Parse(m.Target)
		if m.Mode != mapping.Static || err != nil || path.Root() == "" {
			continue
		}
		node := own + ":static:" + m.Target
		g.Nodes = append(g.Nodes, Node{ID: node, Kind: NodeStatic, Label: m.Target, Of: own})
		g.Edges = append(g.Edges, Edge{From: node, To: contextNode(path.Root()), Kind: "mapping"})
	}
}

func (g *Graph) client(app *App, w *Workspace) {
	node := "client:" + app.ID
	g.Nodes = append(g.Nodes, Node{ID: node, Kind: NodeClient, Label: app.Name})
	for _, c := range w.Claims {
		scopes := slices.DeleteFunc(slices.Clone(c.Scopes), func(name string) bool { return !slices.Contains(app.OAuthScopes, name) })
		if len(c.Scopes) == 0 || len(scopes) > 0 {
			g.Edges = append(g.Edges, Edge{From: claimNode(c), To: node, Kind: "scope", Scopes: scopes})
		}
	}
}

// Behind are the parts of a lineage that end at a node: what it comes from.
func (g Graph) Behind(node string) Graph {
	kept := map[string]bool{node: true}
	out := Graph{Nodes: []Node{}, Edges: []Edge{}}
	for again := true; again; {
		again = false
		for _, e := range g.Edges {
			if kept[e.To] && !kept[e.From] {
				kept[e.From], again = true, true
			}
		}
	}
	for _, n := range g.Nodes {
		if kept[n.ID] && n.Of != "" {
			kept[n.Of] = true
		}
	}
	for _, n := range g.Nodes {
		if kept[n.ID] {
			out.Nodes = append(out.Nodes, n)
		}
	}
	for _, e := range g.Edges {
		if kept[e.From] && kept[e.To] {
			out.Edges = append(out.Edges, e)
		}
	}
	return out
}
