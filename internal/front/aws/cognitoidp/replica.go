package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/upkeep"
)

func (s *Service) createUserPoolReplica(ctx context.Context, in *idp.CreateUserPoolReplicaRequest) (*idp.CreateUserPoolReplicaResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if pool.Tier == idp.UserPoolTierTypeLite {
		return nil, fault.New(fault.Unsupported, fault.Tier, "Replicas are not available in the tier of this user pool.")
	}
	r, err := s.Upkeep.Replicas.Create(ctx, pool.ID, pool.Region, member.Text(in.RegionName), in.UserPoolTags)
	if err != nil {
		return nil, err
	}
	return &idp.CreateUserPoolReplicaResponse{UserPoolReplica: new(s.replicaAnswer(pool, r))}, nil
}

func (s *Service) updateUserPoolReplica(ctx context.Context, in *idp.UpdateUserPoolReplicaRequest) (*idp.UpdateUserPoolReplicaResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	r, err := s.Upkeep.Replicas.Set(ctx, pool.ID, member.Text(in.RegionName), member.Text(in.Status))
	if err != nil {
		return nil, err
	}
	return &idp.UpdateUserPoolReplicaResponse{UserPoolReplica: new(s.replicaAnswer(pool, r))}, nil
}

func (s *Service) deleteUserPoolReplica(ctx context.Context, in *idp.DeleteUserPoolReplicaRequest) (*idp.DeleteUserPoolReplicaResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	r, err := s.Upkeep.Replicas.Delete(ctx, pool.ID, member.Text(in.RegionName))
	if err != nil {
		return nil, err
	}
	return &idp.DeleteUserPoolReplicaResponse{UserPoolReplica: new(s.replicaAnswer(pool, r))}, nil
}

// listUserPoolReplicas answers all at once: there are few, so no NextToken was ever given out.
func (s *Service) listUserPoolReplicas(ctx context.Context, in *idp.ListUserPoolReplicasRequest) (*idp.ListUserPoolReplicasResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if member.Text(in.NextToken) != "" {
		return nil, fault.Invalidf("Invalid pagination token")
	}
	list, err := s.Upkeep.Replicas.List(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	out := &idp.ListUserPoolReplicasResponse{UserPoolReplicas: make([]idp.UserPoolReplicaType, 0, len(list))}
	for _, r := range list {
		out.UserPoolReplicas = append(out.UserPoolReplicas, s.replicaAnswer(pool, r))
	}
	return out, nil
}

func (s *Service) replicaAnswer(pool *directory.Pool, r *upkeep.Replica) idp.UserPoolReplicaType {
	there := *pool
	there.Region = r.Region
	return idp.UserPoolReplicaType{
		RegionName: new(r.Region), Status: new(r.Status), Role: new("SECONDARY"), UserPoolArn: new(directory.ARN(s.Account, &there)),
	}
}
