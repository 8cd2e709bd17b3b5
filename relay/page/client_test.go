package page

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// runClient runs a real client and returns what it says. A client that is
// not installed skips the test.
func runClient(t *testing.T, argv ...string) string {
	t.Helper()
	if _, err := exec.LookPath(argv[0]); err != nil {
		t.Skipf("%s is not installed, so the page is not tried with it", argv[0])
	}
	out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
	return string(out)
}

func TestCurl(t *testing.T) {
	url := "http://" + serve(t, &Page{}) + "/a"
	const say = "%{http_code} %{size_download} %{num_connects} %{http_version}\n"
	body := strings.Repeat("a", 100_000)
	for _, test := range []struct {
		name, want string
		args       []string
	}{
		{"1.1", "200 69 1 1.1\n", []string{url}},
		{"1.0", "200 69 1 1.1\n", []string{"-0", url}},
		{"head", "200 0 1 1.1\n", []string{"-I", url}},
		{"several", "200 69 1 1.1\n200 69 0 1.1\n200 69 0 1.1\n", []string{url, "-o", "/dev/null", url, "-o", "/dev/null", url}},
		{"several, 1.0", "200 69 1 1.1\n200 69 0 1.1\n", []string{"-0", "-H", "Connection: keep-alive", url, "-o", "/dev/null", url}},
		{"close", "200 69 1 1.1\n200 69 1 1.1\n", []string{"-H", "Connection: close", url, "-o", "/dev/null", url}},
		{"post", "405 23 1 1.1\n405 23 0 1.1\n", []string{"-d", body, url, "-o", "/dev/null", url}},
		{"post chunked", "405 23 1 1.1\n405 23 0 1.1\n", []string{"-H", "Transfer-Encoding: chunked", "-H", "Expect:", "-d", body, url, "-o", "/dev/null", url}},
		{"expect", "405 23 1 1.1\n", []string{"-H", "Expect: 100-continue", "-d", body, url}},
		{"options", "405 23 1 1.1\n", []string{"-X", "OPTIONS", "--request-target", "*", url}},
		{"unknown", "501 20 1 1.1\n", []string{"-X", "BREW", url}},
		{"as a proxy", "200 69 1 1.1\n", []string{"-x", url, "http://example.org/"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"curl", "-sS", "--max-time", "10", "-w", say, "-o", "/dev/null"}, test.args...)
			if got := runClient(t, args...); got != test.want {
				t.Errorf("got  %swant %s", got, test.want)
			}
		})
	}
}

func TestWget(t *testing.T) {
	url := "http://" + serve(t, &Page{})
	out := runClient(t, "wget", "-S", "-O-", "-T10", "-t1", url+"/", url+"/b")
	if strings.Count(out, string(testPage)) != 2 || !strings.Contains(out, "Reusing existing connection") {
		t.Error(out)
	}
}

func TestPython(t *testing.T) {
	host, port, _ := strings.Cut(serve(t, &Page{}), ":")
	out := runClient(t, "python3", "-c", `
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=10)
c.connect()
first = c.sock
for method, body in ("GET", None), ("HEAD", None), ("POST", b"a" * 100000), ("PUT", iter([b"a"] * 1000)), ("GET", None):
    c.request(method, "/", body, encode_chunked=True)
    r = c.getresponse()
    print(method, r.status, len(r.read()), c.sock is first)
`, host, port)
	if want := "GET 200 69 True\nHEAD 200 0 True\nPOST 405 23 True\nPUT 405 23 True\nGET 200 69 True\n"; out != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

func TestAB(t *testing.T) {
	url := "http://" + serve(t, &Page{}) + "/"
	for _, args := range [][]string{{"ab", "-n500", "-c8", url}, {"ab", "-k", "-n2000", "-c8", url}} {
		out := runClient(t, args...)
		kept := regexp.MustCompile(`Keep-Alive requests: +2000`).MatchString(out)
		if !regexp.MustCompile(`Failed requests: +0\n`).MatchString(out) || kept != (args[1] == "-k") {
			t.Error(out)
		}
	}
}

func TestWrk(t *testing.T) {
	url := "http://" + serve(t, &Page{}) + "/"
	for _, args := range [][]string{{}, {"-H", "Connection: close"}} {
		out := runClient(t, append([]string{"wrk", "-t1", "-c16", "-d1", url}, args...)...)
		if strings.Contains(out, "Socket errors") || strings.Contains(out, "Non-2xx") || !strings.Contains(out, "requests in") {
			t.Error(out)
		}
	}
}
