package option

// A Foreign says how to have the effect of an option of another netcat that
// gonc does not have.
type Foreign uint8

// The hints.
const (
	NoHint          Foreign = iota
	KeepServing             // listen with -l -k
	NoSourceRoutes          // networks refuse source routes
	NoSourcePointer         // the same; and -G of macOS limits connecting
	NoDCCP                  // there is none
	NoSCTP                  // there is none
	NoVSock                 // there is none
	OneEngine               // there is nothing to choose from
	NoLua                   // there is none
)

// foreign returns the hint for an option that is unknown, by its name as
// typed.
func foreign(name string) Foreign {
	switch name {
	case "-L":
		return KeepServing
	case "-g":
		return NoSourceRoutes
	case "-G":
		return NoSourcePointer
	case "-Z":
		return NoDCCP
	case "--sctp":
		return NoSCTP
	case "--vsock":
		return NoVSock
	case "--nsock-engine":
		return OneEngine
	case "--lua-exec":
		return NoLua
	}
	return NoHint
}

// foreignOf returns the hint for an option that a dialect lists and gonc
// cannot do.
func foreignOf(id ID) Foreign {
	switch id {
	case SourceRoute, SourceRoutePointer:
		return NoSourceRoutes
	case SCTP:
		return NoSCTP
	case VSock:
		return NoVSock
	case LuaExec:
		return NoLua
	}
	return NoHint
}

// otherName returns the option that another netcat has under another name.
func otherName(name string) (ID, bool) {
	switch name {
	case "--delay": // ncat
		return Interval, true
	case "--talk": // ncat
		return Chat, true
	case "--local-port": // GNU
		return SourcePort, true
	case "--dont-resolve": // GNU
		return NoDNS, true
	case "--randomize": // GNU
		return RandomPorts, true
	case "--hexdump": // GNU
		return HexDump, true
	case "--close": // GNU: at the end of standard input
		return HalfClose, true
	case "--tunnel": // GNU
		return To, true
	case "-R": // OpenBSD
		return TLSTrustFile, true
	case "-K": // OpenBSD
		return TLSKey, true
	case "-H": // OpenBSD
		return TLSPin, true
	}
	return 0, false
}
