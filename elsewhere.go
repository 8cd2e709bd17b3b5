package main

// elsewhere says, for options of other netcats, how to have their effect.
var elsewhere = map[string]string{
	"-L":              "gonc -l -k serves one connection after another, and all at once",
	"-g":              "source routes are refused by today's networks",
	"-G":              "source routes are refused by today's networks; to limit connecting write --connect-timeout",
	"-o":              "to record what goes by, put tee into the pipe",
	"-Z":              "there is no DCCP in gonc",
	"--sctp":          "there is no SCTP in gonc",
	"--delay":         "a pause between lines is -i here",
	"--nsock-engine":  "gonc has one engine",
	"--lua-exec":      "there is no Lua in gonc",
	"--append-output": "to record what goes by, put tee -a into the pipe",
	"--output":        "to record what goes by, put tee into the pipe",
	"--hex-dump":      "to see what goes by in hexadecimal, put tee >(xxd >&2) into the pipe",
	"--help-all":      "gonc -h lists every option",
}
