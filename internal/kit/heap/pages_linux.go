package heap

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"syscall"
)

// The advice of madvise(2).
const (
	hugePages  = 14 // MADV_HUGEPAGE
	smallPages = 15 // MADV_NOHUGEPAGE
)

// span is a part of the address space, from its first byte to the one behind its last.
type span struct{ from, to uintptr }

// advise tells the kernel what pages to back the heap with from now on. What it refuses costs speed and nothing else.
func advise(advice uintptr) {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for _, s := range heapSpans(maps, somewhere()) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, s.from, s.to-s.from, advice)
	}
}

// somewhere is an address of the heap.
func somewhere() uintptr { return reflect.ValueOf(new([64]byte)).Pointer() }

// heapSpans are the writable parts of the run of mappings, one beside the other, that holds an address of the heap: Go
// reserves its heap in one piece and makes it accessible as it grows.
// https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html
func heapSpans(maps io.Reader, heap uintptr) (out []span) {
	found, end := false, uintptr(0)
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var s span
		var access string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &s.from, &s.to, &access); err != nil {
			return nil
		}
		if s.from != end {
			if found {
				return out
			}
			out = nil
		}
		end = s.to
		found = found || s.from <= heap && heap < s.to
		if strings.HasPrefix(access, "rw") && len(strings.Fields(lines.Text())) == 5 { // of no file
			out = append(out, s)
		}
	}
	if !found {
		return nil
	}
	return out
}
