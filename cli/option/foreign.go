package main

// elsewhere says, for an option of another netcat, how to have its effect;
// empty for what no netcat has.
func elsewhere(option string) string {
	switch option {
	case "-L":
		return "gonc -l -k serves one connection after another, and all at once"
	case "-g":
		return "source routes are refused by today's networks"
	case "-G":
		return "source routes are refused by today's networks; to limit connecting write --connect-timeout"
	case "-o", "--output":
		return "to record what goes by, put tee into the pipe"
	case "--append-output":
		return "to record what goes by, put tee -a into the pipe"
	case "--hex-dump":
		return "to see what goes by in hexadecimal, put tee >(xxd >&2) into the pipe"
	case "-Z":
		return "there is no DCCP in gonc"
	case "--sctp":
		return "there is no SCTP in gonc"
	case "--delay":
		return "a pause between lines is -i here"
	case "--nsock-engine":
		return "gonc has one engine"
	case "--lua-exec":
		return "there is no Lua in gonc"
	}
	return ""
}
