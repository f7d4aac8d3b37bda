package cognitoidp_test

import (
	"slices"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"
)

// TestGroupKeepsWhatItWasGiven fails when a group loses a member, or an update changes what it did not name.
func TestGroupKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	_, err := w.CreateGroup(t.Context(), &sdk.CreateGroupInput{UserPoolId: pool, GroupName: new("plain")})
	w.check(err)
	out, err := w.CreateGroup(t.Context(), &sdk.CreateGroupInput{UserPoolId: pool, GroupName: new("admins"), Description: new("the few"),
		RoleArn: new("arn:aws:iam::123456789012:role/admins"), Precedence: new(int32(0))})
	w.check(err)
	if g := out.Group; *g.GroupName != "admins" || *g.Description != "the few" || *g.Precedence != 0 || *g.UserPoolId != *pool ||
		*g.RoleArn != "arn:aws:iam::123456789012:role/admins" || !g.CreationDate.Equal(*g.LastModifiedDate) {
		t.Errorf("created %s", w.wire.last())
	}
	_, err = w.UpdateGroup(t.Context(), &sdk.UpdateGroupInput{UserPoolId: pool, GroupName: new("admins"), Description: new("the many")})
	w.check(err)
	got, err := w.GetGroup(t.Context(), &sdk.GetGroupInput{UserPoolId: pool, GroupName: new("admins")})
	w.check(err)
	if *got.Group.Description != "the many" || *got.Group.Precedence != 0 || got.Group.RoleArn == nil {
		t.Errorf("updated to %s", w.wire.last())
	}
	_, err = w.CreateGroup(t.Context(), &sdk.CreateGroupInput{UserPoolId: pool, GroupName: new("admins")})
	w.refused(err, "GroupExistsException", "A group with the name already exists")
	_, err = w.GetGroup(t.Context(), &sdk.GetGroupInput{UserPoolId: pool, GroupName: new("nobody")})
	w.refused(err, "ResourceNotFoundException", "Group not found.")
	_, err = w.CreateGroup(t.Context(), &sdk.CreateGroupInput{UserPoolId: new("eu-west-1_unknown00"), GroupName: new("x")})
	w.refused(err, "ResourceNotFoundException", "User pool eu-west-1_unknown00 does not exist.")
	if list := w.groups(pool); !slices.Equal(list, []string{"admins", "plain"}) {
		t.Errorf("listed %v", list)
	}
}

// TestMembershipComesAndGoes fails when a person is in a group that the pool does not list them in, or twice.
func TestMembershipComesAndGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.person(pool, "alice", "email", "alice@example.com")
	for i, name := range []string{"last", "first"} {
		in := &sdk.CreateGroupInput{UserPoolId: pool, GroupName: &name}
		if i == 1 {
			in.Precedence = new(int32(1))
		}
		_, err := w.CreateGroup(t.Context(), in)
		w.check(err)
		for range 2 { // the second time changes nothing
			_, err = w.AdminAddUserToGroup(t.Context(), &sdk.AdminAddUserToGroupInput{UserPoolId: pool, Username: new("alice"), GroupName: &name})
			w.check(err)
		}
	}
	of := func() (names []string) {
		pages := sdk.NewAdminListGroupsForUserPaginator(w, &sdk.AdminListGroupsForUserInput{UserPoolId: pool, Username: new("alice"), Limit: new(int32(1))})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			w.check(err)
			for _, g := range page.Groups {
				names = append(names, *g.GroupName)
			}
		}
		return names
	}
	if diff := cmp.Diff([]string{"first", "last"}, of()); diff != "" {
		t.Errorf("by precedence (-want +got):\n%s", diff)
	}
	members, err := w.ListUsersInGroup(t.Context(), &sdk.ListUsersInGroupInput{UserPoolId: pool, GroupName: new("first")})
	w.check(err)
	if len(members.Users) != 1 || *members.Users[0].Username != "alice" || values(members.Users[0].Attributes)["email"] != "alice@example.com" {
		t.Errorf("members: %s", w.wire.last())
	}
	_, err = w.AdminRemoveUserFromGroup(t.Context(), &sdk.AdminRemoveUserFromGroupInput{UserPoolId: pool, Username: new("alice"), GroupName: new("first")})
	w.check(err)
	_, err = w.DeleteGroup(t.Context(), &sdk.DeleteGroupInput{UserPoolId: pool, GroupName: new("last")})
	w.check(err)
	if left := of(); len(left) != 0 {
		t.Errorf("still in %v", left)
	}
	_, err = w.AdminRemoveUserFromGroup(t.Context(), &sdk.AdminRemoveUserFromGroupInput{UserPoolId: pool, Username: new("alice"), GroupName: new("last")})
	w.check(err)
	_, err = w.AdminRemoveUserFromGroup(t.Context(), &sdk.AdminRemoveUserFromGroupInput{UserPoolId: pool, Username: new("bob"), GroupName: new("last")})
	w.refused(err, "UserNotFoundException", "User does not exist.")
	none := new(int32(0))
	zero := "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
	_, err = w.ListGroups(t.Context(), &sdk.ListGroupsInput{UserPoolId: pool, Limit: none})
	w.refused(err, "InvalidParameterException", zero)
	_, err = w.AdminListGroupsForUser(t.Context(), &sdk.AdminListGroupsForUserInput{UserPoolId: pool, Username: new("alice"), Limit: none})
	w.refused(err, "InvalidParameterException", zero)
	_, err = w.ListUsersInGroup(t.Context(), &sdk.ListUsersInGroupInput{UserPoolId: pool, GroupName: new("first"), Limit: none})
	w.refused(err, "InvalidParameterException", zero)
	_, err = w.AdminAddUserToGroup(t.Context(), &sdk.AdminAddUserToGroupInput{UserPoolId: pool, Username: new("bob"), GroupName: new("first")})
	w.refused(err, "UserNotFoundException", "User does not exist.")
	_, err = w.AdminAddUserToGroup(t.Context(), &sdk.AdminAddUserToGroupInput{UserPoolId: pool, Username: new("alice"), GroupName: new("last")})
	w.refused(err, "ResourceNotFoundException", "Group not found.")
}

// groups lists the names of a pool's groups, one per page.
func (w *world) groups(pool *string) (names []string) {
	w.t.Helper()
	pages := sdk.NewListGroupsPaginator(w, &sdk.ListGroupsInput{UserPoolId: pool, Limit: new(int32(1))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.t.Context())
		w.check(err)
		for _, g := range page.Groups {
			names = append(names, *g.GroupName)
		}
	}
	return names
}
