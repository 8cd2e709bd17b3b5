package filter

import (
	"io"
	"sync"
	"time"
)

// The commands of telnet that matter here (RFC 854).
const (
	telnetSE   = 240
	telnetSB   = 250
	telnetWill = 251
	telnetWont = 252
	telnetDo   = 253
	telnetDont = 254
	telnetIAC  = 255
)

// maxRefusals bounds the bytes of refusals that wait to be written, a whole
// number of them. It is more than one of each option in each direction: a
// remote that has asked more than that has not taken the answers, and gets
// none to what it asks until it does.
const maxRefusals = 3 << 10

// refusalLimit bounds how long the refusals that are left when a session is over
// may take.
const refusalLimit = time.Second

// A telnetState is where in a command the last read ended.
type telnetState int

const (
	inData    telnetState = iota
	inCommand             // after IAC
	inOption              // after IAC WILL and its like
	inSub                 // in a subnegotiation
	inSubIAC              // after an IAC in it
)

// A TelnetReader gives what its source does without the negotiation of telnet.
type TelnetReader struct {
	r       io.Reader
	refuser *refuser // nil: nothing is answered
	state   telnetState
	command byte
}

// Telnet returns r with the negotiation of telnet taken out, and every offer and
// demand in it refused by way of w, unless that is nil (RFC 854: DO is answered by
// WONT, WILL by DONT). IAC IAC becomes one byte of data. interrupt ends a Write of
// w.
func Telnet(r io.Reader, w io.Writer, interrupt func()) *TelnetReader {
	t := &TelnetReader{r: r}
	if w != nil {
		t.refuser = &refuser{w: w, interrupt: interrupt}
	}
	return t
}

func (t *TelnetReader) Read(p []byte) (int, error) {
	for {
		n, err := t.r.Read(p)
		kept, refusals := t.filter(p[:n])
		if len(refusals) > 0 && t.refuser != nil {
			t.refuser.refuse(refusals)
		}
		if kept > 0 || err != nil || n == 0 {
			return kept, err
		}
	}
}

// Finish waits until the refusals are written, after the last Read, or interrupts
// that after a while.
func (t *TelnetReader) Finish() {
	if t.refuser != nil {
		t.refuser.finish()
	}
}

// filter moves the data in b to its front and returns how much it is, and
// what to answer to the rest.
func (t *TelnetReader) filter(b []byte) (kept int, refusals []byte) {
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

// A refuser writes refusals without ever blocking the reading of the demands:
// a remote that reads only as fast as it is read would wait for us while we
// wait for it. It has a goroutine while there is something to write.
type refuser struct {
	w         io.Writer
	interrupt func() // ends a Write of w

	mu      sync.Mutex
	waiting []byte
	idle    chan struct{} // closed when all is written; nil: nothing is to be
}

// refuse writes b soon, or drops what is too much.
func (r *refuser) refuse(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, b[:min(len(b), maxRefusals-len(r.waiting))]...)
	if r.idle == nil {
		r.idle = make(chan struct{})
		go r.write()
	}
}

// write is the goroutine. It ignores errors: if the remote has gone, the reads
// report it.
func (r *refuser) write() {
	for b := r.next(); len(b) > 0; b = r.next() {
		r.w.Write(b)
	}
}

// next returns all that waits. If that is nothing, the goroutine ends.
func (r *refuser) next() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.waiting
	r.waiting = nil
	if len(b) == 0 {
		close(r.idle)
		r.idle = nil
	}
	return b
}

// finish waits for the goroutine, after the last demand.
func (r *refuser) finish() {
	r.mu.Lock()
	idle := r.idle
	r.mu.Unlock()
	if idle == nil {
		return
	}
	select {
	case <-idle:
	case <-time.After(refusalLimit):
		r.interrupt()
		<-idle
	}
}
