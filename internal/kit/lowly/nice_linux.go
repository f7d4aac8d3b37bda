package lowly

import "syscall"

// giveWay makes the calling thread nicer. On Linux, unlike elsewhere, that is a matter of each thread. What is refused leaves
// things as they were.
// https://man7.org/linux/man-pages/man2/setpriority.2.html
func giveWay(by int) {
	now, err := niceness()
	if err != nil {
		return
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, min(19, now+by))
}

// niceness is that of the calling thread, from -20 to 19. The system call gives 20 less it.
func niceness() (int, error) {
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	return 20 - raw, err
}
