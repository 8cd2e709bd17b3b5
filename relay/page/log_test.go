package page

import (
	"bytes"
	"testing"
	"time"
)

func TestLog(t *testing.T) {
	var lines, heads bytes.Buffer
	p := &Page{Log: func(r *Request) {
		r.Time = time.Date(2000, 10, 10, 13, 55, 36, 0, time.FixedZone("", -7*3600))
		lines.Write(append(r.AppendCommon(nil), '\n'))
		heads.Write(append(r.AppendHead(nil), '-', '\n'))
	}}
	get(t, p, "GET / HTTP/1.1\r\nHost: x\r\nA: \"\\\x9b\r\n\r\n"+
		"POST /a HTTP/1.1\nHost: x\nContent-Length: 3\n\nabcGET /\x1b[2J\" HTTP/1.1\r\nHost: x\r\n")
	const at = `127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] `
	want := at + `"GET / HTTP/1.1" 200 69` + "\n" + at + `"POST /a HTTP/1.1" 405 23` + "\n" +
		at + `"GET /\x1b[2J\" HTTP/1.1" 400 16` + "\n"
	if lines.String() != want {
		t.Errorf("got\n%swant\n%s", lines.String(), want)
	}
	want = "GET / HTTP/1.1\nHost: x\nA: \"\\\\\\x9b\n-\nPOST /a HTTP/1.1\nHost: x\nContent-Length: 3\n-\n" +
		"GET /\\x1b[2J\" HTTP/1.1\n-\n"
	if heads.String() != want {
		t.Errorf("got\n%swant\n%s", heads.String(), want)
	}
}
