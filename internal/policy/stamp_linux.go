package policy

import (
	"io/fs"
	"syscall"
)

// certify adds what this system keeps of a file. Files of archives and of memory have nothing of the kind.
func (s *stamp) certify(info fs.FileInfo) {
	if of, ok := info.Sys().(*syscall.Stat_t); ok {
		s.changed = of.Ctim.Nano()
		s.inode, s.device = of.Ino, uint64(of.Dev) //nolint:unconvert // its type differs between processors
		s.certain = true
	}
}
