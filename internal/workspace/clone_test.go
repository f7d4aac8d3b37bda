package workspace

import "testing"

// TestACloneLeavesTheClientsOfTheHouse fails when a clone takes the portal or the demo application along, which lead to the workspace that
// it is of; their ids write a hyphen otherwise than the workspace's.
func TestACloneLeavesTheClientsOfTheHouse(t *testing.T) {
	t.Parallel()
	p := &Portable{}
	for _, id := range []string{"portal_my_shop", "demo_my_shop", "app"} {
		p.Clients = append(p.Clients, PortableClient{Client: Client{ID: id}, Public: true})
	}
	if err := (Carrier{}).renew(p, "my-shop", "twin"); err != nil {
		t.Fatal(err)
	}
	if len(p.Clients) != 1 || p.Clients[0].ID == "app" || p.Clients[0].WorkspaceID != "twin" {
		t.Errorf("the clone has %+v", p.Clients)
	}
}

// TestCredentialsOfAPoolGoToNoOther has somebody name a user pool of theirs, whose discovery document sends the secret wherever they like.
func TestCredentialsOfAPoolGoToNoOther(t *testing.T) {
	t.Parallel()
	mine := Settings{ClientID: "c", Region: "eu-central-1", PoolID: "eu-central-1_mine"}
	theirs := Settings{ClientID: "c", Region: "us-east-1", PoolID: "us-east-1_theirs"}
	if mine.receiver() == theirs.receiver() {
		t.Error("another pool gets the credentials of the first")
	}
}
