package shape

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func ScopesOf(list []idp.ResourceServerScopeType) []directory.Scope {
	scopes := make([]directory.Scope, 0, len(list))
	for _, s := range list {
		scopes = append(scopes, directory.Scope{Name: member.Text(s.ScopeName), Description: member.Text(s.ScopeDescription)})
	}
	return scopes
}

func ResourceServerAnswer(r *directory.ResourceServer) idp.ResourceServerType {
	out := idp.ResourceServerType{
		UserPoolId: new(r.PoolID), Identifier: new(r.Identifier), Name: new(r.Name),
		Scopes: make([]idp.ResourceServerScopeType, 0, len(r.Scopes)),
	}
	for _, s := range r.Scopes {
		out.Scopes = append(out.Scopes, idp.ResourceServerScopeType{ScopeName: new(s.Name), ScopeDescription: new(s.Description)})
	}
	return out
}
