package shape

import (
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/upkeep"
)

func LogDeliveryAnswer(poolID string, list []upkeep.LogDelivery) *idp.LogDeliveryConfigurationType {
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
