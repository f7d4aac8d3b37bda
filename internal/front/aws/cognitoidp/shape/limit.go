package shape

import (
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/limit"
)

// limitClass is the only class of limits that there is.
const limitClass = "API_CATEGORY"

func CategoryOf(d *idp.LimitDefinitionType) (string, error) {
	if member.Text(d.LimitClass) != limitClass {
		return "", fault.Invalidf("LimitClass must be %s.", limitClass)
	}
	if len(d.Attributes) != 1 || d.Attributes["Category"] == "" {
		return "", fault.Invalidf("Attributes must have the member Category and no other.")
	}
	return d.Attributes["Category"], nil
}

func LimitAnswer(l limit.Limit) *idp.LimitType {
	return &idp.LimitType{
		LimitDefinition:       &idp.LimitDefinitionType{LimitClass: new(limitClass), Attributes: map[string]string{"Category": l.Category}},
		ProvisionedLimitValue: member.Number(l.Provisioned), FreeLimitValue: member.Number(l.Free),
	}
}
