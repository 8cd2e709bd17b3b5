package main

import (
	"runtime"
	"testing"
)

func TestOnOneWay(t *testing.T) {
	all := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(all)
	tell := onOneWay()
	for _, c := range []struct {
		is   bool
		want int
	}{{true, 1}, {false, 3}} {
		tell(c.is)
		if n := runtime.GOMAXPROCS(0); n != c.want {
			t.Errorf("%v: %d processors, want %d", c.is, n, c.want)
		}
	}
}
