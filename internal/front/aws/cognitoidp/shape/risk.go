package shape

import (
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/risk"
)

func EventAnswer(e *risk.Event) idp.AuthEventType {
	out := idp.AuthEventType{
		EventId: new(e.ID), EventType: new(e.Type), CreationDate: awsjson.At(e.CreatedAt), EventResponse: new(e.Response),
		EventRisk: &idp.EventRiskType{RiskDecision: new(e.Decision), RiskLevel: member.Given(e.Level), CompromisedCredentialsDetected: e.Stolen},
	}
	for _, c := range e.Challenges {
		out.ChallengeResponses = append(out.ChallengeResponses, idp.ChallengeResponseType{ChallengeName: new(c.Name), ChallengeResponse: new(c.Response)})
	}
	if e.Address+e.Device+e.Timezone != "" {
		out.EventContextData = &idp.EventContextDataType{
			IpAddress: member.Given(e.Address), DeviceName: member.Given(e.Device), Timezone: member.Given(e.Timezone), City: member.Given(e.Place.City), Country: member.Given(e.Place.Country),
		}
	}
	if f := e.Feedback; f != nil {
		out.EventFeedback = &idp.EventFeedbackType{FeedbackValue: new(f.Value), Provider: new(f.Provider), FeedbackDate: awsjson.At(f.At)}
	}
	return out
}

func CompromisedOf(in *idp.CompromisedCredentialsRiskConfigurationType) *risk.Compromised {
	if in == nil {
		return nil
	}
	return &risk.Compromised{Events: member.Some(in.EventFilter), Action: member.Text(in.Actions.EventAction)}
}

func TakeoverOf(in *idp.AccountTakeoverRiskConfigurationType) *risk.Takeover {
	if in == nil {
		return nil
	}
	out := &risk.Takeover{
		Low: actionOf(in.Actions.LowAction), Medium: actionOf(in.Actions.MediumAction), High: actionOf(in.Actions.HighAction),
	}
	if n := in.NotifyConfiguration; n != nil {
		out.Notify = &risk.Notify{
			From: member.Text(n.From), ReplyTo: member.Text(n.ReplyTo), SourceARN: member.Text(n.SourceArn),
			Block: notifyEmailOf(n.BlockEmail), NoAction: notifyEmailOf(n.NoActionEmail), MFA: notifyEmailOf(n.MfaEmail),
		}
	}
	return out
}

func actionOf(in *idp.AccountTakeoverActionType) *risk.Action {
	if in == nil {
		return nil
	}
	return &risk.Action{Notify: member.Yes(in.Notify), Event: member.Text(in.EventAction)}
}

func notifyEmailOf(in *idp.NotifyEmailType) *risk.Email {
	if in == nil {
		return nil
	}
	return &risk.Email{Subject: member.Text(in.Subject), HTML: member.Text(in.HtmlBody), Text: member.Text(in.TextBody)}
}

func ExceptionsOf(in *idp.RiskExceptionConfigurationType) *risk.Exceptions {
	if in == nil {
		return nil
	}
	return &risk.Exceptions{Blocked: member.Some(in.BlockedIPRangeList), Skipped: member.Some(in.SkippedIPRangeList)}
}

func RiskAnswer(c *risk.Configuration) *idp.RiskConfigurationType {
	out := &idp.RiskConfigurationType{UserPoolId: new(c.PoolID), ClientId: member.Given(c.ClientID)}
	if !c.ModifiedAt.IsZero() {
		out.LastModifiedDate = awsjson.At(c.ModifiedAt)
	}
	if x := c.Compromised; x != nil {
		out.CompromisedCredentialsRiskConfiguration = &idp.CompromisedCredentialsRiskConfigurationType{
			EventFilter: member.Some(x.Events), Actions: &idp.CompromisedCredentialsActionsType{EventAction: new(x.Action)},
		}
	}
	if x := c.Takeover; x != nil {
		out.AccountTakeoverRiskConfiguration = &idp.AccountTakeoverRiskConfigurationType{
			NotifyConfiguration: notifyAnswer(x.Notify), Actions: &idp.AccountTakeoverActionsType{
				LowAction: actionAnswer(x.Low), MediumAction: actionAnswer(x.Medium), HighAction: actionAnswer(x.High),
			},
		}
	}
	if x := c.Exceptions; x != nil {
		out.RiskExceptionConfiguration = &idp.RiskExceptionConfigurationType{
			BlockedIPRangeList: member.Some(x.Blocked), SkippedIPRangeList: member.Some(x.Skipped),
		}
	}
	return out
}

func actionAnswer(a *risk.Action) *idp.AccountTakeoverActionType {
	if a == nil {
		return nil
	}
	return &idp.AccountTakeoverActionType{Notify: new(a.Notify), EventAction: new(a.Event)}
}

func notifyAnswer(n *risk.Notify) *idp.NotifyConfigurationType {
	if n == nil {
		return nil
	}
	return &idp.NotifyConfigurationType{
		From: member.Given(n.From), ReplyTo: member.Given(n.ReplyTo), SourceArn: new(n.SourceARN),
		BlockEmail: notifyEmailAnswer(n.Block), NoActionEmail: notifyEmailAnswer(n.NoAction), MfaEmail: notifyEmailAnswer(n.MFA),
	}
}

func notifyEmailAnswer(e *risk.Email) *idp.NotifyEmailType {
	if e == nil {
		return nil
	}
	return &idp.NotifyEmailType{Subject: new(e.Subject), HtmlBody: member.Given(e.HTML), TextBody: member.Given(e.Text)}
}
