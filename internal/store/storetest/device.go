package storetest

import (
	"fmt"
	"testing"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
)

// device is the n-th device. Keys fall with n, times grow.
func device(n int) factor.Device {
	return factor.Device{
		Key: fmt.Sprintf("eu-west-1_%02d", 50-n), Name: "laptop", Salt: []byte{0, byte(n)}, Verifier: []byte("sealed"), Remembered: true,
		Address: "192.0.2.1", Waiting: "waiting", CreatedAt: later(n), ModifiedAt: later(n + 1), AuthenticatedAt: later(n + 2),
	}
}

func devices(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		bare := factor.Device{Key: "bare", Salt: []byte{}, Verifier: []byte{}, CreatedAt: now}
		for _, want := range []factor.Device{device(1), bare} {
			must(t, s.InsertDevice(ctx(), poolID, sub(1), want))
			got, err := s.Device(ctx(), poolID, sub(1), want.Key)
			must(t, err)
			same(t, "device", got, &want)
		}
		must(t, s.UpdateDevice(ctx(), poolID, sub(1), "bare", func(d *factor.Device) error {
			*d = device(1)
			d.Key, d.CreatedAt = "ignored", later(99)
			return nil
		}))
		want := device(1)
		want.Key, want.CreatedAt = "bare", now
		got, err := s.Device(ctx(), poolID, sub(1), "bare")
		must(t, err)
		same(t, "changed device", got, &want)
	})
	t.Run("DevicesBelongToOneUser", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		must(t, s.InsertDevice(ctx(), poolID, sub(1), device(1)))
		faulty(t, "again", s.InsertDevice(ctx(), poolID, sub(1), device(1)), fault.Exists, fault.Device, "")
		faulty(t, "nobody", s.InsertDevice(ctx(), poolID, sub(3), device(1)), fault.Missing, fault.User, "")
		got, err := s.Device(ctx(), poolID, sub(2), device(1).Key)
		must(t, err)
		same(t, "somebody else's device", got, nil)
		err = s.UpdateDevice(ctx(), poolID, sub(2), device(1).Key, func(*factor.Device) error {
			t.Error("somebody else's device was changed")
			return nil
		})
		faulty(t, "update", err, fault.Missing, "", "Device does not exist.")
		for user, want := range map[string]bool{sub(2): false, sub(1): true} {
			found, err := s.DeleteDevice(ctx(), poolID, user, device(1).Key)
			must(t, err)
			same(t, "deleted", found, want)
		}
	})
	t.Run("PagesAreInTheOrderOfMaking", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for _, n := range []int{2, 3, 1} {
			must(t, s.InsertDevice(ctx(), poolID, sub(1), device(n)))
		}
		first, err := s.Devices(ctx(), poolID, sub(1), factor.DevicePosition{}, 2)
		must(t, err)
		same(t, "first page", first, []factor.Device{device(1), device(2)})
		rest, err := s.Devices(ctx(), poolID, sub(1), factor.DevicePosition{CreatedAt: later(2).UnixMilli(), Key: device(2).Key}, 2)
		must(t, err)
		same(t, "second page", rest, []factor.Device{device(3)})
	})
	t.Run("WhatWaitsIsTakenOnce", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InsertDevice(ctx(), poolID, sub(1), device(1)))
		took := make(chan string, 10)
		together(t, 10, func(int) error {
			var got string
			err := s.UpdateDevice(ctx(), poolID, sub(1), device(1).Key, func(d *factor.Device) error {
				got, d.Waiting = d.Waiting, ""
				return nil
			})
			if got != "" {
				took <- got
			}
			return err
		})
		same(t, "takers", len(took), 1)
	})
}
