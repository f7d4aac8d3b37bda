package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/transfer/job"
)

// maxJobPage is the most that the model lets a list of jobs hold.
const maxJobPage = 50

func (s *Service) getCSVHeader(ctx context.Context, in *idp.GetCSVHeaderRequest) (*idp.GetCSVHeaderResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &idp.GetCSVHeaderResponse{UserPoolId: &pool.ID, CSVHeader: s.Imports.Columns(pool)}, nil
}

func (s *Service) createUserImportJob(ctx context.Context, in *idp.CreateUserImportJobRequest) (*idp.CreateUserImportJobResponse, error) {
	j, err := s.Imports.Create(ctx, member.Text(in.UserPoolId), member.Text(in.JobName), member.Text(in.CloudWatchLogsRoleArn), member.Text(in.PasswordHashingAlgorithm))
	if err != nil {
		return nil, err
	}
	return &idp.CreateUserImportJobResponse{UserImportJob: new(s.jobAnswer(j))}, nil
}

func (s *Service) describeUserImportJob(ctx context.Context, in *idp.DescribeUserImportJobRequest) (*idp.DescribeUserImportJobResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	j, err := s.Imports.Get(ctx, pool.ID, member.Text(in.JobId))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeUserImportJobResponse{UserImportJob: new(s.jobAnswer(j))}, nil
}

func (s *Service) listUserImportJobs(ctx context.Context, in *idp.ListUserImportJobsRequest) (*idp.ListUserImportJobsResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.Imports.List(ctx, pool.ID, min(member.Count(in.MaxResults), maxJobPage), member.Text(in.PaginationToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListUserImportJobsResponse{UserImportJobs: make([]idp.UserImportJobType, 0, len(page.Items)), PaginationToken: member.Given(page.Next)}
	for _, j := range page.Items {
		out.UserImportJobs = append(out.UserImportJobs, s.jobAnswer(j))
	}
	return out, nil
}

func (s *Service) startUserImportJob(ctx context.Context, in *idp.StartUserImportJobRequest) (*idp.StartUserImportJobResponse, error) {
	j, err := s.Imports.Start(ctx, member.Text(in.UserPoolId), member.Text(in.JobId))
	if err != nil {
		return nil, err
	}
	return &idp.StartUserImportJobResponse{UserImportJob: new(s.jobAnswer(j))}, nil
}

func (s *Service) stopUserImportJob(ctx context.Context, in *idp.StopUserImportJobRequest) (*idp.StopUserImportJobResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	j, err := s.Imports.Stop(ctx, pool.ID, member.Text(in.JobId))
	if err != nil {
		return nil, err
	}
	return &idp.StopUserImportJobResponse{UserImportJob: new(s.jobAnswer(j))}, nil
}

func (s *Service) jobAnswer(j *job.Job) idp.UserImportJobType {
	out := idp.UserImportJobType{
		JobName: new(j.Name), JobId: new(j.ID), UserPoolId: new(j.PoolID), PreSignedUrl: new(s.Imports.URL(j)),
		CreationDate: awsjson.At(j.CreatedAt), Status: new(string(s.Imports.Shown(j))), CloudWatchLogsRoleArn: new(j.RoleARN),
		ImportedUsers: new(j.Imported), SkippedUsers: new(j.Skipped), FailedUsers: new(j.Failed),
		CompletionMessage: member.Given(j.Message), PasswordHashingAlgorithm: member.Given(j.Algorithm),
	}
	if !j.StartedAt.IsZero() {
		out.StartDate = awsjson.At(j.StartedAt)
	}
	if !j.CompletedAt.IsZero() {
		out.CompletionDate = awsjson.At(j.CompletedAt)
	}
	return out
}
