package message

import (
	"errors"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn/tlsconn"
)

// tlsWords has the words for a handshake, whose settings are options, or those
// of a target that is forwarded to.
type tlsWords struct {
	spell func(option.ID) string // an option, or what stands for it; empty: nothing does
	pin   func(*tlsconn.Certificate) string
}

// tlsWords returns the words for a handshake that failed with err.
func (t *Text) tlsWords(err error) tlsWords {
	if errors.As(err, new(*event.TargetHandshakeError)) {
		return tlsWords{spellSetting, func(c *tlsconn.Certificate) string { return "pin=" + c.Pin }}
	}
	return tlsWords{t.spell, func(c *tlsconn.Certificate) string { return t.spell(option.TLSPin) + " '" + c.Pin + "'" }}
}

// spellSetting returns what stands in the address of a target for an option
// about TLS.
func spellSetting(id option.ID) string {
	switch id {
	case option.TLS:
		return "tls:"
	case option.TLSTrustFile:
		return "ca=file"
	case option.TLSServerName:
		return "name=name"
	}
	return ""
}

// about returns a hint at an option, unless nothing stands for it.
func (w tlsWords) about(id option.ID, hint string) string {
	if w.spell(id) == "" {
		return ""
	}
	return hint
}
