package cognitoidp

import (
	"context"

	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/risk"
)

func (s *Service) setRiskConfiguration(ctx context.Context, in *idp.SetRiskConfigurationRequest) (*idp.SetRiskConfigurationResponse, error) {
	target, err := s.riskTarget(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	c, err := s.Risks.Set(ctx, target, risk.Parts{
		Compromised: compromisedOf(in.CompromisedCredentialsRiskConfiguration), Takeover: takeoverOf(in.AccountTakeoverRiskConfiguration),
		Exceptions: exceptionsOf(in.RiskExceptionConfiguration),
	})
	if err != nil {
		return nil, err
	}
	return &idp.SetRiskConfigurationResponse{RiskConfiguration: riskAnswer(c)}, nil
}

func (s *Service) describeRiskConfiguration(ctx context.Context, in *idp.DescribeRiskConfigurationRequest) (*idp.DescribeRiskConfigurationResponse, error) {
	target, err := s.riskTarget(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	c, err := s.Risks.Get(ctx, target)
	if err != nil {
		return nil, err
	}
	return &idp.DescribeRiskConfigurationResponse{RiskConfiguration: riskAnswer(c)}, nil
}

// riskTarget finds the pool, or the client of it, that a request is about.
func (s *Service) riskTarget(ctx context.Context, poolID, clientID *string) (risk.Target, error) {
	pool, err := s.pool(ctx, poolID)
	if err != nil {
		return risk.Target{}, err
	}
	t := risk.Target{Pool: pool}
	if text(clientID) == "" {
		return t, nil
	}
	client, err := s.Directory.Clients.Get(ctx, pool.ID, text(clientID))
	if err != nil {
		return risk.Target{}, err
	}
	t.ClientID = client.ID
	return t, nil
}

func compromisedOf(in *idp.CompromisedCredentialsRiskConfigurationType) *risk.Compromised {
	if in == nil {
		return nil
	}
	return &risk.Compromised{Events: some(in.EventFilter), Action: text(in.Actions.EventAction)}
}

func takeoverOf(in *idp.AccountTakeoverRiskConfigurationType) *risk.Takeover {
	if in == nil {
		return nil
	}
	out := &risk.Takeover{
		Low: actionOf(in.Actions.LowAction), Medium: actionOf(in.Actions.MediumAction), High: actionOf(in.Actions.HighAction),
	}
	if n := in.NotifyConfiguration; n != nil {
		out.Notify = &risk.Notify{
			From: text(n.From), ReplyTo: text(n.ReplyTo), SourceARN: text(n.SourceArn),
			Block: notifyEmailOf(n.BlockEmail), NoAction: notifyEmailOf(n.NoActionEmail), MFA: notifyEmailOf(n.MfaEmail),
		}
	}
	return out
}

func actionOf(in *idp.AccountTakeoverActionType) *risk.Action {
	if in == nil {
		return nil
	}
	return &risk.Action{Notify: yes(in.Notify), Event: text(in.EventAction)}
}

func notifyEmailOf(in *idp.NotifyEmailType) *risk.Email {
	if in == nil {
		return nil
	}
	return &risk.Email{Subject: text(in.Subject), HTML: text(in.HtmlBody), Text: text(in.TextBody)}
}

func exceptionsOf(in *idp.RiskExceptionConfigurationType) *risk.Exceptions {
	if in == nil {
		return nil
	}
	return &risk.Exceptions{Blocked: some(in.BlockedIPRangeList), Skipped: some(in.SkippedIPRangeList)}
}

func riskAnswer(c *risk.Configuration) *idp.RiskConfigurationType {
	out := &idp.RiskConfigurationType{UserPoolId: new(c.PoolID), ClientId: given(c.ClientID)}
	if !c.ModifiedAt.IsZero() {
		out.LastModifiedDate = awsjson.At(c.ModifiedAt)
	}
	if x := c.Compromised; x != nil {
		out.CompromisedCredentialsRiskConfiguration = &idp.CompromisedCredentialsRiskConfigurationType{
			EventFilter: some(x.Events), Actions: &idp.CompromisedCredentialsActionsType{EventAction: new(x.Action)},
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
			BlockedIPRangeList: some(x.Blocked), SkippedIPRangeList: some(x.Skipped),
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
		From: given(n.From), ReplyTo: given(n.ReplyTo), SourceArn: new(n.SourceARN),
		BlockEmail: notifyEmailAnswer(n.Block), NoActionEmail: notifyEmailAnswer(n.NoAction), MfaEmail: notifyEmailAnswer(n.MFA),
	}
}

func notifyEmailAnswer(e *risk.Email) *idp.NotifyEmailType {
	if e == nil {
		return nil
	}
	return &idp.NotifyEmailType{Subject: new(e.Subject), HtmlBody: given(e.HTML), TextBody: given(e.Text)}
}
