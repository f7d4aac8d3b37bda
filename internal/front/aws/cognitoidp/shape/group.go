package shape

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func PrecedenceOf(p *int32) *int {
	if p == nil {
		return nil
	}
	return new(int(*p))
}

func GroupAnswer(g *directory.Group) idp.GroupType {
	out := idp.GroupType{
		GroupName: new(g.Name), UserPoolId: new(g.PoolID), Description: member.Given(g.Description), RoleArn: member.Given(g.RoleARN),
		CreationDate: awsjson.At(g.CreatedAt), LastModifiedDate: awsjson.At(g.ModifiedAt),
	}
	if g.Precedence != nil {
		out.Precedence = member.Number(*g.Precedence)
	}
	return out
}

func GroupsAnswer(groups []*directory.Group) []idp.GroupType {
	out := make([]idp.GroupType, 0, len(groups))
	for _, g := range groups {
		out = append(out, GroupAnswer(g))
	}
	return out
}
