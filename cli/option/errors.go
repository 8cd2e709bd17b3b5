package option

import (
	"fmt"
	"strings"
)

// Every error about the command line holds the options as they were typed,
// with their dashes. Error is for programmers: package message has the
// sentences. Names and values may hold any byte that an argument can hold.

// An UnknownError is an option that does not exist.
type UnknownError struct {
	Name    string // as typed, without a value: -Q, --colour
	Foreign Foreign
	Near    string // the option that was perhaps meant; empty: none is near
}

func (e *UnknownError) Error() string { return fmt.Sprintf("unknown option %q", e.Name) }

// An UnsupportedError is an option that the dialect knows and gonc cannot do.
type UnsupportedError struct {
	ID      ID
	Name    string
	Foreign Foreign
}

func (e *UnsupportedError) Error() string { return fmt.Sprintf("option %q is not supported", e.Name) }

// A MissingArgumentError is an option whose argument is missing.
type MissingArgumentError struct {
	ID   ID
	Name string
}

func (e *MissingArgumentError) Error() string {
	return fmt.Sprintf("option %q needs an argument", e.Name)
}

// An UnwantedArgumentError is an argument to an option that takes none
// (--udp=1).
type UnwantedArgumentError struct {
	ID   ID
	Name string
	Text string // the argument
}

func (e *UnwantedArgumentError) Error() string {
	return fmt.Sprintf("option %q takes no argument", e.Name)
}

// An AmbiguousError is a shortened name that several options begin with.
type AmbiguousError struct {
	Name       string
	Candidates []string // with their dashes
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("option %q is ambiguous: %s", e.Name, strings.Join(e.Candidates, " "))
}

// A MisplacedError is an option that only counts as the first argument.
type MisplacedError struct {
	ID   ID
	Name string
}

func (e *MisplacedError) Error() string { return fmt.Sprintf("option %q has to come first", e.Name) }

// A Why says what is wrong with a value.
type Why uint8

// What can be wrong with a value.
const (
	Invalid     Why = iota // it is not of the kind that is wanted, or Err says more
	TooSmall               // a number or time below the least
	TooLarge               // a number or time above the greatest
	Empty                  // it is empty, as an unset variable is
	NotAChoice             // it is not one of the possible words
	NeedsUnit              // a number so large that its unit has to be written
	NotPositive            // a time of zero or less
)

// A ValueError is a value that an option cannot have.
type ValueError struct {
	ID   ID
	Name string
	Text string // the value as typed
	Why  Why

	// Min and Max are the limits of a number.
	Min, Max int64

	// Err is the error of the package that read the value, or nil.
	Err error
}

func (e *ValueError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("option %q: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("option %q: bad value %q", e.Name, e.Text)
}

func (e *ValueError) Unwrap() error { return e.Err }

// A ConflictError is options that cannot be carried out together, or an option
// that needs another one.
type ConflictError struct {
	A, B   ID
	NameA  string // as typed
	NameB  string // as typed; the dialect's spelling if it is what A needs
	Reason Reason
}

func (e *ConflictError) Error() string {
	if e.Reason.isNeed() {
		return fmt.Sprintf("option %q needs %q", e.NameA, e.NameB)
	}
	return fmt.Sprintf("options %q and %q conflict", e.NameA, e.NameB)
}

// Between reports whether the error is about a and b, in either order.
func (e *ConflictError) Between(a, b ID) bool {
	return e.A == a && e.B == b || e.A == b && e.B == a
}

// An OperandProblem says what is wrong with the operands.
type OperandProblem uint8

// What can be wrong with operands.
const (
	NoHostAndPort   OperandProblem = iota // there are no operands
	NoPort                                // Text is a lone operand
	NoListenPort                          // neither an operand nor an option has it
	NoHost                                // nothing stands before the colon of Text
	NoPath                                // of the Unix socket
	NoListenPath                          // of the Unix socket to listen on
	TooMany                               // Text came after what is enough
	TooManyPaths                          // Text came after the path
	PortTwice                             // Other says it, and Text
	ListenPortTwice                       // an option says it, and Text
	AddressTwice                          // an option says it, and Text
	EmptyOperand                          // as an unset variable is; Other came after it
	BadOperand                            // Err says what is wrong
)

// An OperandError is operands that say no target.
type OperandError struct {
	Problem OperandProblem
	Text    string
	Other   string
	Err     error // an *addr.Error, *addr.PortError or the like; nil if Problem says all
}

func (e *OperandError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("bad operand %q", e.Text)
}

func (e *OperandError) Unwrap() error { return e.Err }

// Errors about the command line are about this machine and not the network.

// Local returns true.
func (*UnknownError) Local() bool { return true }

// Local returns true.
func (*UnsupportedError) Local() bool { return true }

// Local returns true.
func (*MissingArgumentError) Local() bool { return true }

// Local returns true.
func (*UnwantedArgumentError) Local() bool { return true }

// Local returns true.
func (*AmbiguousError) Local() bool { return true }

// Local returns true.
func (*MisplacedError) Local() bool { return true }

// Local returns true.
func (*ValueError) Local() bool { return true }

// Local returns true.
func (*ConflictError) Local() bool { return true }

// Local returns true.
func (*OperandError) Local() bool { return true }
