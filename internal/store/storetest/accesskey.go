package storetest

import (
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/sts"
)

func accessKey(id string) sts.AccessKey {
	return sts.AccessKey{ID: id, Sealed: []byte{0, 255}, Name: "root", CreatedAt: now, Disabled: true}
}

func accessKeys(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		want := accessKey("AKIAFULL")
		must(t, s.InsertAccessKey(ctx(), want))
		must(t, s.InsertAccessKey(ctx(), sts.AccessKey{ID: "AKIABARE"}))
		got, err := s.AccessKey(ctx(), want.ID)
		must(t, err)
		same(t, "access key", got, &want)
		list, err := s.ListAccessKeys(ctx())
		must(t, err)
		same(t, "access keys", list, []sts.AccessKey{{ID: "AKIABARE"}, want})
	})
	t.Run("ATakenIDIsRefused", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertAccessKey(ctx(), accessKey("AKIA")))
		faulty(t, "insert", s.InsertAccessKey(ctx(), accessKey("AKIA")), fault.Exists, "", "")
	})
	t.Run("ADeletedKeyIsUnknown", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertAccessKey(ctx(), accessKey("AKIA")))
		for range 2 {
			must(t, s.DeleteAccessKey(ctx(), "AKIA"))
			got, err := s.AccessKey(ctx(), "AKIA")
			must(t, err)
			same(t, "access key", got, nil)
		}
	})
}
