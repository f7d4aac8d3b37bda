package shape

import (
	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func CallerOf(clientID, secretHash, username *string, metadata map[string]string) account.Caller {
	return account.Caller{
		ClientID: member.Text(clientID), SecretHash: member.Text(secretHash), Username: member.Text(username), ClientMetadata: metadata,
	}
}

// DeliveryAnswer says where a code went; nil when none was sent.
func DeliveryAnswer(d *account.Delivery) *idp.CodeDeliveryDetailsType {
	if d == nil {
		return nil
	}
	return &idp.CodeDeliveryDetailsType{
		Destination: new(d.Destination), DeliveryMedium: new(string(d.Medium)), AttributeName: new(d.Attribute),
	}
}

// UserAnswer writes a user as lists and AdminCreateUser show it.
func UserAnswer(u *directory.User, values []directory.Value) idp.UserType {
	return idp.UserType{
		Username: new(u.Username), Attributes: AttributesAnswer(values), Enabled: new(u.Enabled), UserStatus: new(string(u.Status)),
		UserCreateDate: awsjson.At(u.CreatedAt), UserLastModifiedDate: awsjson.At(u.ModifiedAt),
	}
}

// AttributesOf reads a list of attributes. Of equal names the last counts; an absent value is "".
func AttributesOf(list []idp.AttributeType) map[string]string {
	attributes := make(map[string]string, len(list))
	for _, a := range list {
		attributes[member.Text(a.Name)] = member.Text(a.Value)
	}
	return attributes
}

// AttributesAnswer writes attributes in the order in which directory lists them.
func AttributesAnswer(values []directory.Value) []idp.AttributeType {
	list := make([]idp.AttributeType, 0, len(values))
	for _, v := range values {
		list = append(list, idp.AttributeType{Name: new(v.Name), Value: new(v.Value)})
	}
	return list
}
