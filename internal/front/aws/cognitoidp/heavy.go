package cognitoidp

// heavy are the operations that hash passwords, run SRP or sign tokens: milliseconds of a processor, where others take
// microseconds.
var heavy = map[string]bool{
	"InitiateAuth": true, "AdminInitiateAuth": true, "RespondToAuthChallenge": true, "AdminRespondToAuthChallenge": true,
	"GetTokensFromRefreshToken": true, "GetClientToken": true,
	"SignUp": true, "ChangePassword": true, "ConfirmForgotPassword": true, "AdminCreateUser": true, "AdminSetUserPassword": true,
}

// Heavy reports whether an operation costs so much that a busy server may turn it away.
func Heavy(operation string) bool { return heavy[operation] }
