//go:build !unix

package main

import "os"

// secret returns what the environment variable holds; this system has no
// terminal that could be asked unseen without more ado.
func secret(variable, what string) (string, error) {
	if s := os.Getenv(variable); s != "" {
		return s, nil
	}
	return "", &usageError{text: "the %s is needed", args: []any{what}, hint: "set " + variable}
}
