package identitypool

import (
	"maps"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/sts"
)

// The bounds of principal tags.
// https://docs.aws.amazon.com/cognito/latest/developerguide/using-attributes-for-access-control-policy-example.html
const (
	maxTagMap   = 50
	maxTagBytes = 460
)

func (m TagMap) check() error {
	if len(m.Tags) > maxTagMap {
		return fault.Invalidf("A provider can have at most %d principal tags.", maxTagMap)
	}
	names := map[string]string{} // whose values nobody knows yet
	for tag := range m.Tags {
		names[tag] = ""
	}
	return sts.CheckTags(names)
}

// Claims are which claim becomes which tag.
func (m TagMap) Claims() map[string]string {
	if m.Defaults {
		return map[string]string{"client": "aud", "username": "sub"}
	}
	return m.Tags
}

// tagsOf are the session tags of proven logins: those of one of them, and of the one whose role mapping counts where there is one.
// Tags of one provider beside the role of another would be what neither of them has said. A claim that is absent, or has several
// values, gives none.
func (p *Pool) tagsOf(proofs []proof) (map[string]string, error) {
	speaks := slices.IndexFunc(proofs, func(one proof) bool { _, key := called(p.Mappings, one); return key != "" })
	if speaks < 0 {
		speaks = slices.IndexFunc(proofs, func(one proof) bool { _, key := called(p.TagMaps, one); return key != "" || len(one.tags) > 0 })
	}
	tags := map[string]string{}
	if speaks < 0 {
		return tags, nil
	}
	one := proofs[speaks]
	set, _ := called(p.TagMaps, one)
	for tag, claim := range set.Claims() {
		if list := values(one.claims[claim]); len(list) == 1 {
			tags[tag] = list[0]
		}
	}
	maps.Copy(tags, one.tags)
	return tags, checkSize(tags)
}

func checkSize(tags map[string]string) error {
	size := 0
	for tag, value := range tags {
		size += len(tag) + len(value)
	}
	if size > maxTagBytes {
		return fault.Invalidf("The principal tags have more than %d bytes.", maxTagBytes)
	}
	return nil
}

// taggedClaim is the claim https://aws.amazon.com/tags, which brings tags to STS.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
type taggedClaim struct {
	Principal map[string][]string `json:"principal_tags"`
}

func writeTags(tags map[string]string) *taggedClaim {
	if len(tags) == 0 {
		return nil
	}
	c := &taggedClaim{Principal: map[string][]string{}}
	for tag, value := range tags {
		c.Principal[tag] = []string{value}
	}
	return c
}

func (c *taggedClaim) read() map[string]string {
	if c == nil {
		return nil
	}
	tags := map[string]string{}
	for _, tag := range slices.Sorted(maps.Keys(c.Principal)) {
		if list := c.Principal[tag]; len(list) == 1 {
			tags[tag] = list[0]
		}
	}
	return tags
}
