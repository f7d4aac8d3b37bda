package shape

import (
	"cognate.dev/cognate/internal/domain"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func RoutingAnswer(r *domain.Routing) *idp.RoutingType {
	if r == nil {
		return nil
	}
	return &idp.RoutingType{Failover: &idp.FailoverType{
		SecondaryRegion: new(r.SecondaryRegion), PrimaryRoute53HealthCheckId: new(r.HealthCheckID),
	}}
}
