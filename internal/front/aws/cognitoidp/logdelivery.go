package cognitoidp

import (
	"context"

	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/upkeep"
)

func (s *Service) setLogDeliveryConfiguration(ctx context.Context, in *idp.SetLogDeliveryConfigurationRequest) (*idp.SetLogDeliveryConfigurationResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	list := make([]upkeep.LogDelivery, 0, len(in.LogConfigurations))
	for _, c := range in.LogConfigurations {
		d := upkeep.LogDelivery{Source: text(c.EventSource), Level: text(c.LogLevel)}
		if c.CloudWatchLogsConfiguration != nil {
			d.LogGroup = text(c.CloudWatchLogsConfiguration.LogGroupArn)
		}
		if c.S3Configuration != nil {
			d.Bucket = text(c.S3Configuration.BucketArn)
		}
		if c.FirehoseConfiguration != nil {
			d.Stream = text(c.FirehoseConfiguration.StreamArn)
		}
		list = append(list, d)
	}
	if err := s.Upkeep.Logs.Set(ctx, pool.ID, pool.Tier == idp.UserPoolTierTypePlus, list); err != nil {
		return nil, err
	}
	return &idp.SetLogDeliveryConfigurationResponse{LogDeliveryConfiguration: logDeliveryAnswer(pool.ID, list)}, nil
}

func (s *Service) getLogDeliveryConfiguration(ctx context.Context, in *idp.GetLogDeliveryConfigurationRequest) (*idp.GetLogDeliveryConfigurationResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	list, err := s.Upkeep.Logs.Get(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	return &idp.GetLogDeliveryConfigurationResponse{LogDeliveryConfiguration: logDeliveryAnswer(pool.ID, list)}, nil
}

func logDeliveryAnswer(poolID string, list []upkeep.LogDelivery) *idp.LogDeliveryConfigurationType {
	out := &idp.LogDeliveryConfigurationType{UserPoolId: &poolID, LogConfigurations: make([]idp.LogConfigurationType, 0, len(list))}
	for _, d := range list {
		c := idp.LogConfigurationType{EventSource: new(d.Source), LogLevel: new(d.Level)}
		switch {
		case d.LogGroup != "":
			c.CloudWatchLogsConfiguration = &idp.CloudWatchLogsConfigurationType{LogGroupArn: new(d.LogGroup)}
		case d.Bucket != "":
			c.S3Configuration = &idp.S3ConfigurationType{BucketArn: new(d.Bucket)}
		case d.Stream != "":
			c.FirehoseConfiguration = &idp.FirehoseConfigurationType{StreamArn: new(d.Stream)}
		}
		out.LogConfigurations = append(out.LogConfigurations, c)
	}
	return out
}
