package password

// Occupy takes a slot until the returned function is called.
func Occupy(h *Hasher) (release func()) {
	h.slots <- struct{}{}
	return func() { <-h.slots }
}

// Parse reads a hash without running it.
func Parse(phc string) error {
	_, err := parsePHC(phc)
	return err
}
