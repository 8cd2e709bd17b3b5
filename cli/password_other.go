//go:build !unix

package cli

import (
	"os"

	"gonc/cli/message"
)

// readPassword returns what the environment variable holds. This system has no
// terminal that could be asked without echo in a simple way.
func readPassword(variable, what string) (string, error) {
	if s := os.Getenv(variable); s != "" {
		return s, nil
	}
	return "", &message.SecretError{What: what, Variable: variable}
}
