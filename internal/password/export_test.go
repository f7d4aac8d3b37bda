package password

import "context"

// Occupy takes a slot until the returned function is called.
func Occupy(h *Hasher) (release func()) {
	leave, err := h.gate.Enter(context.Background())
	if err != nil {
		panic(err)
	}
	return leave
}

// Parse reads a hash without running it.
func Parse(phc string) error {
	_, err := parsePHC(phc)
	return err
}
