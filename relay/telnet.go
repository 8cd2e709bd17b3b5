package relay

import "io"

// The commands of telnet that have to be told apart (RFC 854).
const (
	telnetSE   = 240
	telnetSB   = 250
	telnetWill = 251
	telnetWont = 252
	telnetDo   = 253
	telnetDont = 254
	telnetIAC  = 255
)

// Telnet returns e with the negotiation of telnet taken out of what its R
// gives, and every offer and demand in it refused, by e's W (RFC 854: DO is
// answered by WONT, WILL by DONT). IAC IAC becomes one byte of data.
func Telnet(e End) End {
	if e.R != nil {
		e.R = &telnet{r: e.R, w: e.W}
	}
	return e
}

// A telnetState is where in a command the last read ended.
type telnetState int

const (
	inData    telnetState = iota
	inCommand             // after IAC
	inOption              // after IAC WILL and its like
	inSub                 // in a subnegotiation
	inSubIAC              // after an IAC in it
)

type telnet struct {
	r       io.Reader
	w       io.Writer
	state   telnetState
	command byte
}

func (t *telnet) Read(p []byte) (int, error) {
	for {
		n, err := t.r.Read(p)
		kept, refusals := t.filter(p[:n])
		if len(refusals) > 0 && t.w != nil {
			t.w.Write(refusals) // they are no one's data; if the remote is gone R says so
		}
		if kept > 0 || err != nil || n == 0 {
			return kept, err
		}
	}
}

// filter moves the data in b to its front and returns how much it is, and
// what to answer to the rest.
func (t *telnet) filter(b []byte) (kept int, refusals []byte) {
	for _, c := range b {
		switch t.state {
		case inData:
			if c == telnetIAC {
				t.state = inCommand
				continue
			}
			b[kept] = c
			kept++
		case inCommand:
			t.state = inData
			switch c {
			case telnetIAC:
				b[kept] = c
				kept++
			case telnetSB:
				t.state = inSub
			case telnetWill, telnetWont, telnetDo, telnetDont:
				t.state, t.command = inOption, c
			}
		case inOption:
			t.state = inData
			switch t.command {
			case telnetWill:
				refusals = append(refusals, telnetIAC, telnetDont, c)
			case telnetDo:
				refusals = append(refusals, telnetIAC, telnetWont, c)
			}
		case inSub:
			if c == telnetIAC {
				t.state = inSubIAC
			}
		case inSubIAC:
			if t.state = inSub; c == telnetSE {
				t.state = inData
			}
		}
	}
	return kept, refusals
}
