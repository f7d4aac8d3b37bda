package sms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"cognate.dev/cognate/internal/kit/clock"
)

// sns speaks the Publish action of Amazon SNS. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
type sns struct {
	Config
	keys   aws.CredentialsProvider
	signer *v4.Signer
	now    clock.Clock
}

func newSNS(c Config, now clock.Clock) (*sns, error) {
	g := &sns{Config: c, signer: v4.NewSigner(), now: now}
	if c.Account != "" {
		g.keys = credentials.NewStaticCredentialsProvider(c.Account, c.Secret, "")
		return g, nil
	}
	found, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return nil, fmt.Errorf("find credentials: %w", err)
	}
	g.keys = found.Credentials
	return g, nil
}

func (g *sns) request(ctx context.Context, t text) (*http.Request, error) {
	values := url.Values{
		"Action": {"Publish"}, "Version": {"2010-03-31"}, "PhoneNumber": {t.To}, "Message": {t.Text},
	}
	attribute := func(n, name, value string) {
		values.Set("MessageAttributes.entry."+n+".Name", name)
		values.Set("MessageAttributes.entry."+n+".Value.DataType", "String")
		values.Set("MessageAttributes.entry."+n+".Value.StringValue", value)
	}
	attribute("1", "AWS.SNS.SMS.SMSType", "Transactional")
	switch {
	case t.From == "":
	case t.From[0] == '+':
		attribute("2", "AWS.MM.SMS.OriginationNumber", t.From)
	default:
		attribute("2", "AWS.SNS.SMS.SenderID", t.From)
	}
	request, err := form(ctx, g.URL, values)
	if err != nil {
		return nil, err
	}
	keys, err := g.keys.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("find credentials: %w", err)
	}
	sum := sha256.Sum256([]byte(values.Encode()))
	return request, g.signer.SignHTTP(ctx, keys, request, hex.EncodeToString(sum[:]), "sns", g.Region, g.now())
}

// snsRefusals are the codes that are about the recipient or the text.
func snsRefusals() []string {
	return []string{"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "OptedOut", "ValidationException"}
}

func (g *sns) read(status int, body []byte) (bool, error) {
	if taken(status) {
		return false, nil
	}
	var said struct {
		Code string `xml:"Error>Code"`
	}
	_ = xml.Unmarshal(body, &said) // what is no XML has no code
	return slices.Contains(snsRefusals(), said.Code), fmt.Errorf("status %d, code %q", status, said.Code)
}
