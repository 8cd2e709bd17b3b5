package option

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"gonc/conn/sockopt"
	"gonc/relay/command"
	"gonc/relay/filter"
)

// setValue reads the value of id into its field.
func (o *Options) setValue(id ID, name, text string) error {
	bad := &ValueError{ID: id, Name: name, Text: text}
	row := &table[id]
	if text == "" && row.Kind != AnyText {
		bad.Why = Empty
		return bad
	}
	switch row.Kind {
	case OptionalText, Text, AnyText:
		return o.setText(id, text, bad)
	case List:
		return o.addText(id, text, bad)
	case Number:
		return setNumber(o.number(id), row, text, bad)
	case Time, SignedTime:
		return setTime(o.time(id), row.Kind, text, o.grammar, bad)
	case Rate:
		n, err := filter.ParseRate(text)
		o.LimitRate = n
		return bad.because(Invalid, err)
	case Keyword:
		n, err := sockopt.ParseTOS(text)
		o.TOS = n
		return bad.because(Invalid, err)
	case Choice:
		return o.setChoice(id, text, bad)
	}
	return nil
}

// because returns e with its reason, or nil if there is no error.
func (e *ValueError) because(why Why, err error) error {
	if err == nil {
		return nil
	}
	e.Why, e.Err = why, err
	return e
}

// fails returns e with its reason.
func (e *ValueError) fails(why Why) error {
	e.Why = why
	return e
}

// text returns the field of a text that is taken as it is, or nil.
func (o *Options) text(id ID) *string {
	switch id {
	case SourcePort:
		return &o.SourcePort
	case Source:
		return &o.Source
	case Interface:
		return &o.Interface
	case ProxyType:
		return &o.proxyType
	case ProxyUser:
		return &o.ProxyUser
	case ProxyAuth:
		return &o.ProxyAuth
	case Congestion:
		return &o.Congestion
	case ShExec:
		return &o.ShExec
	case Page:
		return &o.Page
	case Reply:
		return &o.Reply
	case Output:
		return &o.Output
	case HexDump:
		return &o.HexDump
	}
	return o.tlsText(id)
}

// tlsText returns where the text of an option of TLS is stored.
func (o *Options) tlsText(id ID) *string {
	switch id {
	case TLSTrustFile:
		return &o.TLSTrustFile
	case TLSCert:
		return &o.TLSCert
	case TLSKey:
		return &o.TLSKey
	case TLSServerName:
		return &o.TLSServerName
	case TLSPin:
		return &o.TLSPin
	}
	return nil
}

func (o *Options) setText(id ID, text string, bad *ValueError) (err error) {
	if field := o.text(id); field != nil {
		*field = text
		return nil
	}
	switch id {
	case Progress:
		if text != "plain" {
			return bad.fails(NotAChoice)
		}
		o.ProgressPlain = true
	case KeepAlive:
		o.KeepAlive, err = parseKeepAlive(text, bad)
	case Exec:
		o.Exec, err = command.Split(text)
		return bad.because(Invalid, err)
	case TLSALPN:
		o.TLSALPN, err = splitALPN(text, bad)
	case TLSCiphers:
		o.TLSCiphers = strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == ',' })
		if len(o.TLSCiphers) == 0 {
			return bad.fails(Invalid)
		}
	}
	return err
}

// addText adds to the field of an option that may be given again.
func (o *Options) addText(id ID, text string, bad *ValueError) error {
	switch id {
	case SOCKS:
		o.proxyTexts = append(o.proxyTexts, proxyText{id, text, "socks5"})
	case Proxy:
		o.proxyTexts = append(o.proxyTexts, proxyText{id, text, "http"})
	case Allow:
		o.Allow = append(o.Allow, text)
	case AllowFile:
		o.AllowFile = append(o.AllowFile, text)
	case Deny:
		o.Deny = append(o.Deny, text)
	case DenyFile:
		o.DenyFile = append(o.DenyFile, text)
	case AllowTo:
		o.AllowTo = append(o.AllowTo, text)
	case DenyTo:
		o.DenyTo = append(o.DenyTo, text)
	case To:
		f, err := parseForward(text)
		o.To = append(o.To, f)
		return bad.because(Invalid, err)
	}
	return nil
}

func (o *Options) number(id ID) *int {
	switch id {
	case MaxConns:
		return &o.MaxConns
	case RecvLimit:
		return &o.RecvLimit
	case TTL:
		return &o.TTL
	case MinTTL:
		return &o.MinTTL
	case RecvBuffer:
		return &o.RecvBuffer
	case SendBuffer:
		return &o.SendBuffer
	}
	return &o.RTable
}

func setNumber(to *int, row *Row, text string, bad *ValueError) error {
	bad.Min, bad.Max = row.min, row.max
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return bad.fails(Invalid)
	case n < row.min:
		return bad.fails(TooSmall)
	case err != nil, n > row.max:
		return bad.fails(TooLarge)
	}
	*to = int(n)
	return nil
}

func (o *Options) time(id ID) *time.Duration {
	switch id {
	case QuitAfter:
		return &o.QuitAfter
	case ConnectTimeout:
		return &o.ConnectTimeout
	case IdleTimeout:
		return &o.IdleTimeout
	case AcceptTimeout:
		return &o.AcceptTimeout
	case Interval:
		return &o.Interval
	case Retry:
		return &o.Retry
	}
	return &o.Timeout
}

func (o *Options) setChoice(id ID, text string, bad *ValueError) error {
	at := -1
	for i, word := range table[id].Choices() {
		if word == text {
			at = i
		}
	}
	if at < 0 {
		return bad.fails(NotAChoice)
	}
	const tls10 = 0x0301 // RFC 2246; the later versions count from there
	switch id {
	case ProxyDNS:
		o.ProxyDNS = text
	case Hash:
		o.Hash = text
	case Completion:
		o.Completion = text
	case ProxyProtocol:
		o.ProxyProtocol = at + 1
	case TLSMin:
		o.TLSMin = tls10 + uint16(at)
	case TLSMax:
		o.TLSMax = tls10 + uint16(at)
	}
	return nil
}

// splitALPN splits a list of protocols. A name has 1 to 255 bytes (RFC 7301,
// section 3.1).
func splitALPN(s string, bad *ValueError) ([]string, error) {
	protocols := strings.Split(s, ",")
	for _, p := range protocols {
		if p == "" || len(p) > 255 {
			return nil, bad.fails(Invalid)
		}
	}
	return protocols, nil
}
