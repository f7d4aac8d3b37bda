package heap

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTheHeapIsFoundAmongTheMappings(t *testing.T) {
	const maps = `00400000-004c7000 r-xp 00000000 fe:00 12034716                           /usr/bin/cognate
005cc000-00601000 rw-p 00000000 00:00 0 
37cf14000000-37cf14c00000 ---p 00000000 00:00 0 
37cf14c00000-37cf17c00000 rw-p 00000000 00:00 0 
37cf17c00000-37cf18000000 ---p 00000000 00:00 0 
37cf18000000-37cf18400000 rw-p 00000000 00:00 0 
37cf18400000-37cf18800000 rw-p 00000000 fe:00 4711                           /var/lib/cognate/cognate.db-shm
7f0b17000000-7f0b19000000 rw-p 00000000 00:00 0 
7ffdc45ff000-7ffdc4620000 rw-p 00000000 00:00 0                          [stack]
`
	for name, c := range map[string]struct {
		heap uintptr
		maps string
		want []span
	}{
		"in the middle":      {0x37cf14c00040, maps, []span{{0x37cf14c00000, 0x37cf17c00000}, {0x37cf18000000, 0x37cf18400000}}},
		"at the end":         {0x7f0b17000000, maps, []span{{0x7f0b17000000, 0x7f0b19000000}}},
		"not there":          {0x37cf18800000, maps, nil},
		"no list of these":   {0x37cf14c00040, "nothing here\n", nil},
		"nothing is mapped":  {0x37cf14c00040, "", nil},
		"the program's data": {0x5cc000, maps, []span{{0x5cc000, 0x601000}}},
	} {
		if got := heapSpans(strings.NewReader(c.maps), c.heap); !slices.Equal(got, c.want) {
			t.Errorf("%s: %x, want %x", name, got, c.want)
		}
	}
}

// flags are what the kernel says of the mapping that holds an address: hg for huge pages, nh for none.
func flags(t *testing.T, at uintptr) []string {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip("SKIPPED: the kernel does not tell about mappings")
	}
	defer f.Close()
	within := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			within = from <= at && at < to
		}
		if text, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && within {
			return strings.Fields(text)
		}
	}
	t.Fatal("the heap is mapped nowhere")
	return nil
}

func TestHugePagesComeWithWorkAndGoWithRest(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("SKIPPED: this kernel has no huge pages")
	}
	Wake()
	if slices.Contains(flags(t, somewhere()), "hg") {
		t.Error("a heap that nobody keeps was touched")
	}
	stop := Keep(64 << 20)
	Wake()
	if got := flags(t, somewhere()); !slices.Contains(got, "hg") {
		t.Errorf("at work: %v", got)
	}
	sleep()
	if got := flags(t, somewhere()); !slices.Contains(got, "nh") {
		t.Errorf("at rest: %v", got)
	}
	Wake()
	if got := flags(t, somewhere()); !slices.Contains(got, "hg") {
		t.Errorf("at work again: %v", got)
	}
	stop()
	if got := flags(t, somewhere()); slices.Contains(got, "hg") {
		t.Errorf("when nobody keeps the heap any more: %v", got)
	}
}
