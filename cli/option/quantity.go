package option

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// maxTime keeps sums of times and clocks from overflowing.
const maxTime = 100 * 365 * 24 * time.Hour

// setTime reads a time with the rules of g.
func setTime(to *time.Duration, kind Kind, text string, g *Grammar, bad *ValueError) error {
	d, unit, why := parseTime(text)
	switch {
	case why != nil:
		return bad.fails(*why)
	case d < 0 && kind == SignedTime:
	case g.PositiveTimes && d <= 0:
		return bad.fails(NotPositive)
	case d < 0:
		return bad.fails(TooSmall)
	case g.UnitFrom > 0 && d >= g.UnitFrom && !unit:
		return bad.fails(NeedsUnit)
	}
	*to = d
	return nil
}

// parseTime reads a time: seconds, with a fraction or not, or a number with
// the unit ms, s, m or h. A time that is not zero but too short for a clock is
// a nanosecond, since zero often means no limit.
func parseTime(s string) (d time.Duration, unit bool, why *Why) {
	number, factor := s, time.Second
	for _, u := range [...]struct {
		name   string
		factor time.Duration
	}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}} {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, factor, unit = n, u.factor, true
			break
		}
	}
	invalid, tooLarge := Invalid, TooLarge
	if number == "" || strings.Trim(number, "+-.0123456789") != "" {
		return 0, unit, &invalid
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil && !math.IsInf(n, 0) {
		return 0, unit, &invalid
	}
	switch t := n * float64(factor); {
	case t > float64(maxTime), t < -float64(maxTime):
		return 0, unit, &tooLarge
	case n != 0 && t > -1 && t < 1:
		return time.Duration(math.Copysign(1, t)), unit, nil
	default:
		return time.Duration(t), unit, nil
	}
}

// parseKeepAlive reads an idle time, and behind commas an interval and a
// count.
func parseKeepAlive(s string, bad *ValueError) (k KeepAliveTimes, err error) {
	parts := strings.Split(s, ",")
	if len(parts) > 3 {
		return k, bad.fails(Invalid)
	}
	for i, to := range [...]*time.Duration{&k.Idle, &k.Interval} {
		if i >= len(parts) {
			break
		}
		d, _, why := parseTime(parts[i])
		switch {
		case why != nil:
			return k, bad.fails(*why)
		case d <= 0:
			return k, bad.fails(NotPositive)
		}
		*to = d
	}
	if len(parts) == 3 {
		n, err := strconv.ParseUint(parts[2], 10, 7) // 127 is the most that Linux takes
		if err != nil || n == 0 {
			return k, bad.fails(Invalid)
		}
		k.Count = int(n)
	}
	return k, nil
}
