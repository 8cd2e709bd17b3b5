module gonc

go 1.26.0

require (
	github.com/mattn/go-isatty v0.0.24
	golang.org/x/sys v0.49.0
)

require golang.org/x/tools v0.26.0 // indirect

// Test dependencies.
require github.com/rogpeppe/go-internal v1.16.0 // testscript: the scripts in testdata/script
