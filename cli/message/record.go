package message

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"gonc/cli/event"
	"gonc/relay/record"
)

// record returns the lines of an event about what goes by.
func (t *Text) record(e event.Event) (lines []event.Line) {
	switch e := e.(type) {
	case event.RecordFailed:
		text, hint := describeRecord(e)
		return append(one(event.Named("%s", event.Printable(text))), t.hint(hint)...)
	case event.Digests:
		return append(t.digest("sent", e.Sent), t.digest("received", e.Received)...)
	case event.Progress:
		return one(event.Bare("%s", progressText(e)))
	}
	return nil
}

// digest returns the line of a digest; with -v or on a terminal one before it
// says of what. Otherwise sha256sum(1) and the like can read all of them.
func (t *Text) digest(of, line string) (lines []event.Line) {
	if line == "" {
		return nil
	}
	if t.Verbose > 0 || t.Terminal {
		lines = one(event.Named("digest of what was %s:", of))
	}
	return append(lines, event.Bare("%s", line))
}

// describeRecord describes a record that could not be written to its end.
func describeRecord(e event.RecordFailed) (text, hint string) {
	cause := e.Err
	var failed *record.LogError
	if errors.As(cause, &failed) {
		cause = failed.Err
	}
	return fmt.Sprintf("write record %s: %s", strconv.Quote(e.Name), event.Reason(cause)), "the transfer goes on without it"
}

// progressText returns bytes, rate and time, and how much is left if that is known.
func progressText(e event.Progress) string {
	rate := e.Rate
	if e.Done {
		rate = e.Mean
	}
	text := fmt.Sprintf("%s  %s/s  %s", sizeText(float64(e.Bytes)), sizeText(rate), clockText(e.Elapsed.Round(time.Second)))
	if percent, known := e.Percent(); known {
		text += fmt.Sprintf("  %d%%", percent)
	}
	if e.Left > 0 && !e.Done {
		text += "  " + clockText(e.Left+time.Second-1) + " left" // as long as it may take
	}
	return text
}

// sizeText returns a number of bytes in at most four digits and a unit.
func sizeText(n float64) string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for ; n >= 1000 && i < len(units)-1; i++ {
		n /= 1024
	}
	if i == 0 || n >= 100 {
		return fmt.Sprintf("%.0f %s", n, units[i])
	}
	return fmt.Sprintf("%.1f %s", n, units[i])
}

// clockText returns a time as hours, minutes and whole seconds.
func clockText(d time.Duration) string {
	s := int(d / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
