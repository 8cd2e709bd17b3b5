package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gonc/conn"
)

type boolValue bool

func (v *boolValue) String() string   { return strconv.FormatBool(bool(*v)) }
func (v *boolValue) Type() string     { return "bool" }
func (v *boolValue) IsBoolFlag() bool { return true }
func (v *boolValue) Set(s string) error {
	if s != "true" {
		return errors.New("takes no argument")
	}
	*v = true
	return nil
}

type levelValue int

func (v *levelValue) String() string { return strconv.Itoa(int(*v)) }
func (v *levelValue) Type() string   { return "count" }
func (v *levelValue) Set(s string) error {
	if s != "true" {
		return errors.New("takes no argument")
	}
	*v++
	return nil
}

// A textValue also notes that it was set, if there is a place for that.
type textValue struct {
	to  *string
	set *bool
}

func (v textValue) String() string { return "" }
func (v textValue) Type() string   { return "string" }
func (v textValue) Set(s string) error {
	*v.to = s
	if v.set != nil {
		*v.set = true
	}
	return nil
}

// A valueError is a value that an option cannot have.
type valueError struct {
	text string // as the user wrote it
	why  string // "invalid", "too small", "too large": OpenBSD's words
	says string
}

func (e *valueError) Error() string { return e.says }

// A numberValue is a whole number within limits.
type numberValue struct {
	to       *int
	min, max int64
}

func (v numberValue) String() string { return "" }
func (v numberValue) Type() string   { return "int" }
func (v numberValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return &valueError{s, "invalid", fmt.Sprintf("%s is not a number from %d up", quote(s), v.min)}
	case n < v.min:
		return &valueError{s, "too small", fmt.Sprintf("%s is not a number from %d up", quote(s), v.min)}
	case err != nil, n > v.max:
		return &valueError{s, "too large", fmt.Sprintf("%s is more than %d", quote(s), v.max)}
	}
	*v.to = int(n)
	return nil
}

type tosValue struct{ to *int }

func (v tosValue) String() string { return "" }
func (v tosValue) Type() string   { return "keyword" }
func (v tosValue) Set(s string) (err error) {
	if *v.to, err = conn.ParseTOS(s); err != nil {
		return &valueError{s, "invalid", err.Error()}
	}
	return nil
}

// A proxyValue adds a proxy to the chain.
type proxyValue struct {
	o        *options
	fallback string
}

func (v proxyValue) String() string { return "" }
func (v proxyValue) Type() string   { return "addr" }
func (v proxyValue) Set(s string) error {
	v.o.proxies = append(v.o.proxies, proxyOption{s, v.fallback})
	return nil
}

func (v *timeOption) String() string { return "" }
func (v *timeOption) Type() string   { return "time" }
func (v *timeOption) Set(s string) error {
	d, err := parseTime(s)
	if err == nil && d < 0 {
		err = &valueError{s, "too small", quote(s) + " is negative"}
	}
	v.set, v.d = true, d
	return err
}

// signedTime is a timeOption that may be negative.
type signedTime struct{ *timeOption }

func (v *signedTime) Set(s string) (err error) {
	v.set = true
	v.d, err = parseTime(s)
	return err
}

// parseTime reads a time: seconds, with a fraction or not, or a number with
// the unit ms, s, m or h.
func parseTime(s string) (time.Duration, error) {
	number, unit := s, time.Second
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}} {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = n, u.unit
			break
		}
	}
	bad := &valueError{s, "invalid", quote(s) + " is not a time (seconds, or 500ms, 1.5, 2m, 1h)"}
	if number == "" || strings.Trim(number, "+-.0123456789") != "" {
		return 0, bad
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, bad
	}
	if n *= float64(unit); n > float64(maxTime) || n < -float64(maxTime) {
		return 0, &valueError{s, "too large", quote(s) + " is too long a time"}
	}
	return time.Duration(n), nil
}

// maxTime keeps sums of times and clocks from overflowing.
const maxTime = 100 * 365 * 24 * time.Hour
