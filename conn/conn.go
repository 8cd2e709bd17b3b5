// Package conn obtains connections.
package conn
