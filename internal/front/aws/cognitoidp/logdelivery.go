package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
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
		d := upkeep.LogDelivery{Source: member.Text(c.EventSource), Level: member.Text(c.LogLevel)}
		if c.CloudWatchLogsConfiguration != nil {
			d.LogGroup = member.Text(c.CloudWatchLogsConfiguration.LogGroupArn)
		}
		if c.S3Configuration != nil {
			d.Bucket = member.Text(c.S3Configuration.BucketArn)
		}
		if c.FirehoseConfiguration != nil {
			d.Stream = member.Text(c.FirehoseConfiguration.StreamArn)
		}
		list = append(list, d)
	}
	if err := s.Upkeep.Logs.Set(ctx, pool.ID, pool.Tier == idp.UserPoolTierTypePlus, list); err != nil {
		return nil, err
	}
	return &idp.SetLogDeliveryConfigurationResponse{LogDeliveryConfiguration: shape.LogDeliveryAnswer(pool.ID, list)}, nil
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
	return &idp.GetLogDeliveryConfigurationResponse{LogDeliveryConfiguration: shape.LogDeliveryAnswer(pool.ID, list)}, nil
}
