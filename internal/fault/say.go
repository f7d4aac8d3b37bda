package fault

// Invalidf is a request that breaks a rule; the text says which.
func Invalidf(format string, args ...any) *Fault { return Newf(Invalid, "", format, args...) }

// Deniedf is a caller who may not.
func Deniedf(format string, args ...any) *Fault { return Newf(Denied, "", format, args...) }

// Missingf is a thing that does not exist.
func Missingf(format string, args ...any) *Fault { return Newf(Missing, "", format, args...) }

// Limitedf is a quota or attempt limit that has been reached.
func Limitedf(format string, args ...any) *Fault { return Newf(Limited, "", format, args...) }

// NoUser is the answer for a user that does not exist, where that may be said.
func NoUser() *Fault { return New(Missing, User, "User does not exist.") }

// Unwritable is the answer when the store takes nothing: its disk is full or read-only.
func Unwritable(cause error) *Fault {
	return New(Unavailable, "", "The server cannot write at the moment. Nothing was changed; please try again later.").Because(cause)
}

// NoPool is the answer for an unknown user pool.
func NoPool(id string) *Fault { return Newf(Missing, "", "User pool %s does not exist.", id) }

// NoClient is the answer for an unknown app client.
func NoClient(id string) *Fault { return Newf(Missing, "", "User pool client %s does not exist.", id) }

// NoGroup is the answer for an unknown group.
func NoGroup() *Fault { return New(Missing, "", "Group not found.") }

// BadPassword is the answer for a wrong password, and for an unknown user whose existence is hidden.
func BadPassword() *Fault { return New(Denied, "", "Incorrect username or password.") }

// BadCode is the answer for a verification code that does not match.
func BadCode() *Fault {
	return New(Mismatch, "", "Invalid verification code provided, please try again.")
}

// DeadCode is the answer for a verification code that is expired, used or was never sent.
func DeadCode() *Fault {
	return New(Expired, "", "Invalid code provided, please request a code again.")
}

// TooManyAttempts is the answer when an hourly limit of a user is used up.
func TooManyAttempts() *Fault {
	return New(Limited, "", "Attempt limit exceeded, please try after some time.")
}
