//go:build linux

package cli

// ncatScripts are scripts that were written for ncat. In them ncat is the one
// under test and $REAL is ncat itself.
var ncatScripts = []dialectCase{
	{name: "script: a file, received", script: `
		head -c 500000 /dev/urandom >in
		listen log ncat -lv 127.0.0.1 $P1 >out </dev/null
		$REAL --send-only 127.0.0.1 $P1 <in; wait; cmp in out; ls -l out | wc -l`},
	{name: "script: a file, sent", script: `
		head -c 500000 /dev/urandom >in
		listen log $REAL -lv 127.0.0.1 $P1 >out </dev/null
		ncat --send-only 127.0.0.1 $P1 <in; echo $?; wait; cmp in out`},
	{name: "script: a file, fetched", script: `
		head -c 500000 /dev/urandom >in
		listen log ncat -lv --send-only 127.0.0.1 $P1 <in
		$REAL --recv-only 127.0.0.1 $P1 >out; wait; cmp in out`},
	{name: "script: a directory through tar", script: `
		mkdir a b; echo 1 >a/one; echo 2 >a/two
		listen log ncat -lv -c 'tar xf - -C b' 127.0.0.1 $P1
		tar cf - -C a . | $REAL --send-only 127.0.0.1 $P1; wait; cat b/one b/two`, races: true,
		fault: "ncat 7.93 loses the end of what a command reads", want: []string{"status 0", `stdout "1\n"`, `stdout "2\n"`}},
	{name: "script: an echo server", script: `
		listen log ncat -lkv --exec /bin/cat 127.0.0.1 $P1
		for i in 1 2 3; do echo $i | nc.openbsd -N 127.0.0.1 $P1; done; kill $pid`,
		races: true, fault: "ncat 7.93 loses the output of a command whose client has half-closed", want: []string{`stdout "1\n"`, `stdout "2\n"`, `stdout "3\n"`}},
	{name: "script: a web server in a line", script: `
		listen log ncat -lkv --sh-exec 'echo "HTTP/1.0 200 OK"; echo; echo hello' 127.0.0.1 $P1
		printf 'GET / HTTP/1.0\r\n\r\n' | nc.openbsd 127.0.0.1 $P1; kill $pid`},
	{name: "script: a port passed on", script: `
		listen server $REAL -lkv --sh-exec 'read l; echo server got $l' 127.0.0.1 $P1; server=$pid
		listen relay ncat -lkv --sh-exec "ncat 127.0.0.1 $P1" 127.0.0.1 $P2
		echo hi | $REAL 127.0.0.1 $P2; kill $server $pid`},
	{name: "script: a broker between two", script: `
		listen log ncat -lv --broker 127.0.0.1 $P1 </dev/null
		timeout 45 $REAL --recv-only 127.0.0.1 $P1 >a & c=$!
		until [ $(grep -c '^Ncat: Connection from .*:' log) = 1 ]; do sleep .02; done
		(echo through; until grep -q through a; do sleep .02; done) | $REAL --send-only 127.0.0.1 $P1
		cat a; kill $pid $c`},
	{name: "script: TLS, a certificate of its own", script: `
		listen log ncat -lv --ssl 127.0.0.1 $P1 </dev/null
		echo secret | $REAL --ssl --send-only 127.0.0.1 $P1; wait`},
	{name: "script: TLS, certificates", script: `
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
		listen log ncat -lkv --ssl --ssl-cert cert --ssl-key key --sh-exec 'cat; echo verified' 127.0.0.1 $P1
		$REAL -4 --ssl-verify --ssl-trustfile cert localhost $P1 </dev/null; echo $?
		ncat -4 --ssl-verify --ssl-trustfile cert localhost $P1 </dev/null; echo $?
		ncat --ssl 127.0.0.1 $P1 </dev/null; echo $?
		ncat --ssl-verify 127.0.0.1 $P1 </dev/null 2>/dev/null; echo $?; kill $pid`, races: true,
		fault: "ncat 7.93 loses the output of a command whose client has half-closed", want: []string{"status 0", `stdout "verified\n"`, `stdout "0\n"`, `stdout "1\n"`}},
	{name: "script: TLS, a client", script: `
		listen log $REAL -lv --ssl --sh-exec 'read l; echo got $l' 127.0.0.1 $P1
		echo hi | ncat --ssl --no-shutdown 127.0.0.1 $P1; echo $?`},
	{name: "script: TLS and plain text", script: `
		listen log ncat -lkv --ssl 127.0.0.1 $P1 </dev/null >out
		echo plain | timeout 45 $REAL 127.0.0.1 $P1 2>/dev/null | wc -c; echo good | $REAL --ssl --send-only 127.0.0.1 $P1
		until grep -q good out; do sleep .02; done; kill $pid; cat out`},
	{name: "script: an HTTP proxy", script: `
		listen server $REAL -lkv --sh-exec 'read l; echo server got $l' 127.0.0.1 $P1; server=$pid
		listen proxy ncat -lkv --proxy-type http 127.0.0.1 $P2
		echo hi | $REAL --no-shutdown --proxy 127.0.0.1:$P2 127.0.0.1 $P1
		echo ho | ncat --no-shutdown --proxy 127.0.0.1:$P2 --proxy-type http 127.0.0.1 $P1; kill $server $pid`},
	{name: "script: an HTTP proxy with a login", script: `
		listen server $REAL -lkv --sh-exec 'read l; echo server got $l' 127.0.0.1 $P1; server=$pid
		listen proxy ncat -lv --proxy-type http --proxy-auth me:secret 127.0.0.1 $P2
		echo hi | $REAL --no-shutdown --proxy 127.0.0.1:$P2 --proxy-auth me:secret 127.0.0.1 $P1
		echo hi | $REAL --no-shutdown --proxy 127.0.0.1:$P2 --proxy-auth me:wrong 127.0.0.1 $P1; echo $?
		$REAL --proxy 127.0.0.1:$P2 127.0.0.1 $P1 </dev/null; echo $?; kill $server $pid`},
	{name: "script: GET, HEAD and POST through the proxy", script: `
		listen server $REAL -lkv --sh-exec 'read l; printf "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n"; case $l in HEAD*) ;; *) printf yes ;; esac' 127.0.0.1 $P1; server=$pid
		listen proxy ncat -lv --proxy-type http 127.0.0.1 $P2
		for how in "" "-I" "-d x=1"; do curl -s -m 45 -x http://127.0.0.1:$P2 $how http://127.0.0.1:$P1/ | grep -c 'yes\|200 OK'; done; kill $server $pid`},
	{name: "script: a login by Digest", script: `
		listen server $REAL -lkv --sh-exec 'read l; echo server got $l' 127.0.0.1 $P1; server=$pid
		listen proxy $REAL -lv --proxy-type http --proxy-auth me:secret 127.0.0.1 $P2
		echo hi | ncat --no-shutdown --proxy 127.0.0.1:$P2 --proxy-auth me:secret 127.0.0.1 $P1; kill $server $pid`},
	{name: "script: a record of a session", script: `
		listen log $REAL -lv --sh-exec 'read l; echo got $l' 127.0.0.1 $P1
		echo hi | ncat -o raw -x hex --no-shutdown 127.0.0.1 $P1; cat raw hex`},
	{name: "script: a port is waited for", script: `
		until ncat -z 127.0.0.1 $P1; do [ "$started" ] || { $REAL -lk 127.0.0.1 $P1 </dev/null & pid=$!; started=1; }; sleep .02; done
		echo up; kill $pid`},
	{name: "script: a service over UDP", script: `
		listen log ncat -luv -c 'read l; echo got $l' 127.0.0.1 $P1
		echo hi | nc.openbsd -u -W 1 127.0.0.1 $P1; kill $pid 2>/dev/null; :`},
}
