//go:build linux

package cli

// valueCases returns options with a bad value.
func valueCases() (cases []dialectCase) {
	for _, args := range []string{
		"-w x", "-w -1", "-w 99999999999", "-w ''", "-i x", "-i -1", "-i ''", "-I 0", "-I x", "-I 9999999999", "-O 0", "-O x", "-O 9999999999",
		"-m 300", "-m x", "-m -1", "-M 256", "-M x", "-M -1", "-T nonsense", "-T 256", "-T 0x100", "-T ''", "-T -1",
		"-q x", "-q ''", "-q 99999999999", "-W 0", "-W x", "-W -1", "-X 6 -x h", "-X '' -x h", "-V 0", "-V 1", "-V x", "-V -1", "-M 0",
	} {
		cases = append(cases, dialectCase{name: "value " + args, args: args + " 127.0.0.1 $P1"})
	}
	return cases
}

// clashCases returns options that cannot go together.
func clashCases() (cases []dialectCase) {
	for _, args := range []string{
		"-l -z $P1", "-k 127.0.0.1 $P1", "-l -x h $P1", "-u -x h 127.0.0.1 $P1", "-U -x h $SOCK",
		"-p $P2 -x h 127.0.0.1 $P1", "-U $SOCK 1", "-U", "-lU", "-l -x h -z $P1", "-U -l -k -z $SOCK",
	} {
		cases = append(cases, dialectCase{name: "clash " + args, args: args})
	}
	return append(cases,
		dialectCase{name: "clash -z -U", args: "-z -U $SOCK"},
		dialectCase{name: "clash -F -U", args: "-F -U $SOCK",
			fault: "a Unix socket can be passed too", want: []string{"status 1", `stderr "nc: $DIR/s: No such file or directory\n"`}},
		dialectCase{name: "clash -s -x", args: "-s 127.0.0.1 -x h.invalid 127.0.0.1 $P1",
			fault: "the proxy can be connected to from -s", want: []string{"status 1", `stderr "nc: getaddrinfo for host \"h.invalid\" port 1080: Name or service not known\n"`}},
		dialectCase{name: "clash -4 -6", args: "-4 -6 ::1 $P1", open: "1",
			fault: "nc takes the last and says nothing", want: []string{"status 1", `stderr "nc: -4 and -6 cannot be used together\n"`}},
		dialectCase{name: "clash -F -l", args: "-F -l 127.0.0.1 $P1", hangs: true,
			fault: "nc listens and forgets -F", want: []string{"status 1", `stderr "nc: -F and -l cannot be used together: -F is for a connection that was made\n"`}},
	)
}

// idleCases returns options that have no effect beside others.
func idleCases() (cases []dialectCase) {
	for _, args := range []string{"-X 5", "-X connect", "-X 6", "-P me", "-X 4 -P me", "-r", "-b"} {
		cases = append(cases, dialectCase{name: "idle " + args, args: args + " -N 127.0.0.1 $PORT", stdin: "x\n", peer: "tcp", steps: []string{"read peer all", "close peer"}})
	}
	for _, args := range []string{"-M 9", "-m 1", "-T ef", "-b", "-I 4096", "-D", "-X 5", "-t", "-r", "-n"} {
		cases = append(cases, dialectCase{name: "idle -U " + args, args: "-U " + args + " -N $SOCK", stdin: "x\n", peer: "unix", steps: []string{"read peer all", "close peer"}})
	}
	for _, args := range []string{"-C", "-t", "-i 1", "-W 1", "-d", "-N", "-q 0"} {
		cases = append(cases, dialectCase{name: "idle -F " + args, args: "-F " + args + " 127.0.0.1 $PORT", fd: true, peer: "tcp", steps: []string{"passed nc", "read peer 7", "close peer"}})
	}
	return append(cases,
		dialectCase{name: "clash -U -p", args: "-U -p 1 $SOCK",
			fault: "nc does not say what is wrong", want: []string{"status 1", `stderr "nc: -p and -U cannot be used together: a Unix socket has no port\n"`}},
		dialectCase{name: "clash -U -s", args: "-U -s $DIR/x $SOCK",
			fault: "nc does not say what is wrong", want: []string{"status 1", `stderr "nc: -s and -U cannot be used together\n"`}},
		dialectCase{name: "clash -U -S", args: "-U -S $SOCK",
			fault: "nc asks for a password that it cannot use", want: []string{"status 1", `stderr "nc: -S and -U cannot be used together: -S is about TCP\n"`}},
		dialectCase{name: "idle -t -z", args: "-t -z 127.0.0.1 $P1", open: "1"},
		dialectCase{name: "idle -t -u", args: "-t -u -W 1 127.0.0.1 $PORT", stdin: "x\n", peer: "udp", steps: []string{"read peer datagram", "send peer y", "end nc"}},
	)
}

// unixCases are those of -U.
var unixCases = []dialectCase{
	{name: "Unix", args: "-U $SOCK", stdin: "hello\n", peer: "unix", steps: []string{"read peer 6", "send peer x\\n", "close peer"}},
	{name: "Unix -N", args: "-U -N $SOCK", stdin: "hello\n", peer: "unix", steps: []string{"read peer all", "send peer x\\n", "close peer"}},
	{name: "Unix -v", args: "-U -v $SOCK", stdin: "hello\n", peer: "unix", steps: []string{"read peer 6", "close peer"}},
	{name: "Unix, no listener", args: "-U $SOCK"},
	{name: "Unix, no listener -v", args: "-Uv $SOCK"},
	{name: "Unix, a directory", args: "-U $DIR/d", files: "d/"},
	{name: "Unix, a file", args: "-Uv $DIR/f", files: "f"},
	{name: "Unix, 200 characters", args: "-U $DIR/" + longName},
	{name: "Unix, 200 characters -v", args: "-Uv $DIR/" + longName},
	{name: "Unix listen, 200 characters", args: "-lU $DIR/" + longName},
	{name: "Unix -4", args: "-U4 $SOCK",
		fault: "nc's message is about something else", want: []string{`status 1`, `stderr "nc: -4 and -U cannot be used together: a Unix socket has no IP address\n"`}},
	{name: "Unix -6", args: "-U -6 $SOCK",
		fault: "nc's message is about something else", want: []string{`status 1`, `stderr "nc: -6 and -U cannot be used together: a Unix socket has no IP address\n"`}},
	{name: "Unix listen", args: "-lU $SOCK", stdin: "banner\n", peer: "dial unix", steps: []string{"read peer 7", "send peer x\\n", "close peer"}},
	{name: "Unix listen -s", args: "-lU -s $SOCK", peer: "dial unix", steps: []string{"send peer x\\n", "close peer"}},
	{name: "Unix listen -v", args: "-lUv $SOCK", peer: "dial unix", steps: []string{"send peer x\\n", "close peer"}},
	{name: "Unix listen -k", args: "-lkU $SOCK", peer: "dial unix",
		steps: []string{"send peer one\\n", "await nc stdout one", "close peer", "dial peer2 unix s", "send peer2 two\\n", "await nc stdout two", "close peer2", "stays nc 300ms"}},
	{name: "Unix listen leaves its socket", args: "-lU $SOCK", peer: "dial unix", steps: []string{"close peer", "end nc", "ls"},
		fault: "nc leaves its socket behind (2.18)", want: []string{`status 0`, `ls`}},
	{name: "Unix listen on a file", args: "-lU $DIR/f", files: "f", steps: []string{"end nc", "ls"}, hangs: true,
		fault: "nc deletes whatever is there", want: []string{`status 1`, `stderr "nc: listen on $DIR/f failed: a file that is not a socket is there\n"`, `ls: f`}},
	{name: "Unix listen in a directory's place", args: "-lU $DIR/d", files: "d/", steps: []string{"end nc", "ls"},
		fault: "nc waits for connections that cannot come", want: []string{`status 1`, `stderr "nc: listen on $DIR/d failed: a file that is not a socket is there\n"`, `ls: d`}, hangs: true},
	{name: "Unix listen in no directory", args: "-lU $DIR/none/s"},
	{name: "Unix listen where another listens", args: "-lU $SOCK", peer: "unix", hangs: true,
		fault: "nc takes the path of a live listener", want: []string{`status 1`, `stderr "nc: Address already in use\n"`}},
	{name: "Unix datagram", args: "-uU -W 1 $SOCK", stdin: "hello\n", peer: "unixgram", steps: []string{"read peer datagram", "send peer x\\n", "end nc", "ls"}},
	{name: "Unix datagram -s", args: "-uU -W 1 -s $DIR/mine $SOCK", stdin: "hello\n", peer: "unixgram", steps: []string{"read peer datagram", "send peer x\\n", "end nc", "ls"},
		fault: "nc leaves its own socket behind", want: []string{`status 0`, `ls: s`}},
	{name: "Unix datagram, terminated", args: "-uU $SOCK", stdin: "hello\n", peer: "unixgram", steps: []string{"read peer datagram", "signal nc SIGTERM", "end nc", "ls"}},
	{name: "Unix datagram, no listener", args: "-uU $SOCK"},
	{name: "Unix datagram, a stream socket", args: "-uU $SOCK", peer: "unix"},
	{name: "Unix stream, a datagram socket", args: "-U $SOCK", peer: "unixgram"},
	{name: "Unix datagram listen", args: "-luUv -W 1 $SOCK", peer: "dial unixgram", steps: []string{"send peer x\\n", "end nc"},
		fault: "nc fails after the first datagram when it is to name the sender", want: []string{`status 0`, `stdout "x\n"`, `stderr "Bound on $DIR/s\n"`}},
	{name: "Unix datagram listen and answer", args: "-luU $SOCK", stdin: "-", peer: "dial unixgram", steps: []string{"send peer x\\n", "await nc stdout x", "feed nc y\\n", "read peer datagram", "stays nc 300ms"}},
	{name: "abstract", script: "nc -lU @$SOCK </dev/null & until nc -UN @$SOCK 2>/dev/null </etc/hostname; do :; done; wait", steps: []string{"end nc", "ls"}},
}

const longName = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" +
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

// scanCases are those of -z.
var scanCases = []dialectCase{
	{name: "scan open", args: "-z 127.0.0.1 $P1", open: "1"},
	{name: "scan closed", args: "-z 127.0.0.1 $P1"},
	{name: "scan -v open", args: "-zv 127.0.0.1 $P1", open: "1"},
	{name: "scan -v closed", args: "-zv 127.0.0.1 $P1"},
	{name: "scan -v by name", args: "-4zv localhost $P1", open: "1"},
	{name: "scan both families", args: "-zv localhost $P1-$P2", open: "1"},
	{name: "scan -vn", args: "-zvn 127.0.0.1 $P1", open: "1"},
	{name: "scan a range", args: "-zv 127.0.0.1 $P1-$P5", open: "2 4"},
	{name: "scan a range turned round", args: "-zv 127.0.0.1 $P5-$P1", open: "2 4"},
	{name: "scan a list", args: "-zv 127.0.0.1 $P4 tcpmux $P1-$P2", open: "2 4"},
	{name: "scan the same port twice", args: "-zv 127.0.0.1 $P1 $P1", open: "1"},
	{name: "scan nothing open", args: "-z 127.0.0.1 $P1-$P5"},
	{name: "scan -w1", args: "-zw1 127.0.0.1 $P1", open: "1"},
	{name: "scan -v -w1 that times out", args: "-zvw1 127.0.0.1 $PORT", peer: "full"},
	{name: "scan an unknown host", args: "-z no.such.host.invalid 80"},
	{name: "scan a bad port", args: "-z 127.0.0.1 80x"},
	{name: "scan a port too large", args: "-z 127.0.0.1 70000"},
	{name: "scan port 0", args: "-z 127.0.0.1 0"},
	{name: "scan, an empty port", args: "-z 127.0.0.1 ''"},
	{name: "scan ranges that meet", args: "-zv 127.0.0.1 $P1-$P2 $P2-$P3", open: "2"},
	{name: "scan -4 ::1", args: "-z4 ::1 80"},
	{name: "scan -n name", args: "-zn localhost 80"},
	{name: "scan -s", args: "-z -s 127.0.0.7 127.0.0.1 $P1", open: "1"},
	{name: "scan -s of another machine", args: "-z -s 203.0.113.1 127.0.0.1 $P1", open: "1"},
	{name: "scan -p of a listener", args: "-z -s 127.0.0.1 -p $P2 127.0.0.1 $P1", open: "1 2"},
	{name: "scan without a port", args: "-z 127.0.0.1"},
	{name: "scan UDP", args: "-zu 127.0.0.1 $PORT", peer: "udp"},
	{name: "scan UDP -v", args: "-zuv 127.0.0.1 $PORT", peer: "udp"},
	{name: "scan UDP closed", args: "-zu 127.0.0.1 $P1",
		fault: "nc calls a closed port open without -v", want: []string{`status 1`}},
	{name: "scan UDP -v closed", args: "-zuv 127.0.0.1 $P1",
		fault: "nc does not say that the port is closed", want: []string{`status 1`, `stderr "nc: connect to 127.0.0.1 port $PORT (udp) failed: Connection refused\n"`}},
	{name: "scan -r of one", args: "-zvr 127.0.0.1 $P1", open: "1"},
	{name: "scan -r", script: "nc -zvr 127.0.0.1 $P1-$P5 2>&1 | sort", open: "2 4"},
	{name: "scan -i", args: "-zv -i 1 127.0.0.1 $P1-$P2", open: "1 2", steps: []string{"end nc", "took 1s"},
		fault: "-i is documented to pause between ports and does nothing", want: []string{`status 0`, `took 1s`}},
}

// socketCases returns the cases of the socket options. Their values are seen in
// package conn's tests; here is seen that nc takes them.
func socketCases() (cases []dialectCase) {
	for _, args := range []string{
		"-M 1", "-M 64", "-M 255", "-m 1", "-m 64", "-I 1", "-I 4096", "-O 4096", "-I 999999999", "-T ef", "-T af43", "-T cs7", "-T critical",
		"-T inetcontrol", "-T lowcost", "-T lowdelay", "-T netcontrol", "-T throughput", "-T reliability", "-T 0x10", "-T 16", "-T 255", "-T 010",
		"-D", "-b",
	} {
		cases = append(cases, dialectCase{name: "socket " + args, args: args + " -N 127.0.0.1 $PORT", stdin: "hello\n", peer: "tcp", steps: []string{"read peer all", "close peer"}})
	}
	return append(cases,
		dialectCase{name: "socket IPv6", args: "-M 9 -m 1 -T ef -N ::1 $PORT", stdin: "hello\n", peer: "tcp6", steps: []string{"read peer all", "close peer"}},
		dialectCase{name: "socket UDP", args: "-u -b -M 9 -T ef -W 1 127.0.0.1 $PORT", stdin: "hello\n", peer: "udp", steps: []string{"read peer datagram", "send peer x", "end nc"}},
		dialectCase{name: "socket listen", args: "-l -M 9 -m 1 -I 9999 -O 9999 -T ef 127.0.0.1 $PORT", peer: "dial tcp", steps: []string{"send peer x\\n", "close peer"}},
		dialectCase{name: "no broadcast without -b", args: "-u 255.255.255.255 9", stdin: "x", steps: []string{"end nc"}, hangs: true},
		dialectCase{name: "broadcast", args: "-ub -w 1 127.255.255.255 9", stdin: "x"},
		dialectCase{name: "-S without a terminal", script: "setsid -w nc -S 127.0.0.1 $P1",
			fault: "gonc takes the key from GONC_TCP_MD5 too, and says what it has not got", want: []string{`status 1`, `stderr "nc: no terminal to prompt for the TCP MD5 key\n"`}},
	)
}

// proxyCases have the peer play the proxy.
var proxyCases = []dialectCase{
	{name: "SOCKS 5 by name", args: "-x 127.0.0.1:$PORT -N target.invalid 80", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer 3", "send peer \\x05\\x00", "read peer 21", "send peer \\x05\\x00\\x00\\x01\\x7f\\x00\\x00\\x01\\x00\\x50welcome\\n", "read peer all", "close peer"}},
	{name: "SOCKS 5 IPv4", args: "-X 5 -x 127.0.0.1:$PORT -N 192.0.2.1 80", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer 3", "send peer \\x05\\x00", "read peer 10", "send peer \\x05\\x00\\x00\\x01\\x7f\\x00\\x00\\x01\\x00\\x50welcome\\n", "read peer all", "close peer"}},
	{name: "SOCKS 5 IPv6", args: "-X 5 -x 127.0.0.1:$PORT -N 2001:db8::1 80", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer 3", "send peer \\x05\\x00", "read peer 22", "send peer \\x05\\x00\\x00\\x01\\x7f\\x00\\x00\\x01\\x00\\x50welcome\\n", "read peer all", "close peer"}},
	{name: "SOCKS 5 service name", args: "-X 5 -x 127.0.0.1:$PORT -N 192.0.2.1 http", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer 3", "send peer \\x05\\x00", "read peer 10", "send peer \\x05\\x00\\x00\\x01\\x7f\\x00\\x00\\x01\\x00\\x50", "read peer all", "close peer"}},
	{name: "SOCKS 5 refused", args: "-x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp",
		steps: []string{"read peer 3", "send peer \\x05\\x00", "read peer 10", "send peer \\x05\\x05\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (socks5) did not connect to 192.0.2.1:80: connection refused\n"`}},
	{name: "SOCKS 5 refused -v", args: "-v -x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp",
		steps: []string{"read peer 3", "send peer \\x05\\x00", "read peer 10", "send peer \\x05\\x04\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (socks5) did not connect to 192.0.2.1:80: host unreachable\n"`}},
	{name: "SOCKS 5 wants a login", args: "-x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp", steps: []string{"read peer 3", "send peer \\x05\\xff", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (socks5) wants a login\n"`}},
	{name: "SOCKS 5 is not one", args: "-x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp", steps: []string{"read peer 3", "send peer HT", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (socks5) does not speak SOCKS5: it answered \"HT\"\n"`}},
	{name: "SOCKS 5 closes early", args: "-x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp", steps: []string{"read peer 3", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (socks5) closed the connection without an answer\n"`}},
	{name: "SOCKS 5 -w", args: "-w 1 -x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp", steps: []string{"read peer 3", "end nc"},
		fault: "nc has no limit on the handshake (2.16)", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (socks5) did not answer in time\n"`}, hangs: true},
	{name: "SOCKS 4", args: "-X 4 -x 127.0.0.1:$PORT -N 192.0.2.1 80", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer 9", "send peer \\x00\\x5a\\x00\\x00\\x00\\x00\\x00\\x00welcome\\n", "read peer all", "close peer"}},
	{name: "SOCKS 4 refused", args: "-X 4 -x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp",
		steps: []string{"read peer 9", "send peer \\x00\\x5b\\x00\\x00\\x00\\x00\\x00\\x00", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (socks4) did not connect to 192.0.2.1:80: request rejected or failed\n"`}},
	{name: "CONNECT", args: "-X connect -x 127.0.0.1:$PORT -N 192.0.2.1 80", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer head", "send peer 'HTTP/1.0 200 Connection established\\r\\n\\r\\nwelcome\\n'", "read peer all", "close peer"},
		fault: "gonc sends HTTP/1.1 with Host, which some proxies insist on", want: []string{`status 0`, `stdout "welcome\n"`}},
	{name: "CONNECT by name", args: "-X connect -x 127.0.0.1:$PORT -N target.invalid 22", stdin: "SSH-2.0-x\n", peer: "tcp",
		steps: []string{"read peer head", "send peer 'HTTP/1.1 200 OK\\r\\nVia: x\\r\\n\\r\\nSSH-2.0-y\\n'", "read peer all", "close peer"},
		fault: "gonc sends HTTP/1.1 with Host", want: []string{`status 0`, `stdout "SSH-2.0-y\n"`}},
	{name: "CONNECT refused", args: "-X connect -x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp",
		steps: []string{"read peer head", "send peer 'HTTP/1.0 403 Forbidden\\r\\n\\r\\n'", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (http) did not connect to 192.0.2.1:80: it answered \"HTTP/1.0 403 Forbidden\"\n"`}},
	{name: "CONNECT wants a login", args: "-X connect -x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp",
		steps: []string{"read peer head", "send peer 'HTTP/1.0 407 Proxy Authentication Required\\r\\n\\r\\n'", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (http) wants a login: \"HTTP/1.0 407 Proxy Authentication Required\"\n"`}},
	{name: "CONNECT closes early", args: "-X connect -x 127.0.0.1:$PORT 192.0.2.1 80", peer: "tcp", steps: []string{"read peer 30", "close peer"},
		fault: "nc does not say which proxy", want: []string{`status 1`, `stderr "nc: proxy 127.0.0.1 port $PORT (http) failed: Connection reset by peer\n"`}},
	{name: "the proxy refuses", args: "-x 127.0.0.1:$P1 192.0.2.1 80"},
	{name: "the proxy refuses -v", args: "-v -x 127.0.0.1:$P1 192.0.2.1 80"},
	{name: "the proxy's name is unknown", args: "-x no.such.host.invalid 192.0.2.1 80"},
	{name: "-v through a proxy", args: "-v -x 127.0.0.1:$PORT -N 192.0.2.1 80", stdin: "hello\n", peer: "tcp",
		steps: []string{"read peer 3", "send peer \\x05\\x00", "read peer 10", "send peer \\x05\\x00\\x00\\x01\\x7f\\x00\\x00\\x01\\x00\\x50", "read peer all", "close peer"}},
}

// scriptCases are what people do with nc in shells.
var scriptCases = []dialectCase{
	{name: "wait for a port", script: "for i in 1 2 3; do nc -z 127.0.0.1 $P1 && echo up && break; done", open: "1"},
	{name: "wait for a port that never comes", script: "for i in 1 2 3; do nc -z -w 1 127.0.0.1 $P1 >/dev/null 2>&1 || echo down $?; done"},
	{name: "is it open", script: "if nc -zv 127.0.0.1 $P1 2>&1 | grep -q succeeded; then echo open; else echo closed; fi", open: "1"},
	{name: "stats", script: "echo stats | nc -q 3 127.0.0.1 $PORT", peer: "tcp", steps: []string{"read peer 6", "send peer 'STAT pid 1\\r\\nEND\\r\\n'", "close peer"}},
	{name: "stats -w", script: "echo stats | nc -w 3 127.0.0.1 $PORT", peer: "tcp", steps: []string{"read peer 6", "send peer 'STAT pid 1\\r\\nEND\\r\\n'"}},
	{name: "a web page", script: `printf 'GET / HTTP/1.0\r\n\r\n' | nc 127.0.0.1 $PORT`, peer: "tcp", steps: []string{"read peer 18", "send peer 'HTTP/1.0 200 OK\\r\\n\\r\\npage\\n'", "close peer"}},
	{name: "mail", script: "nc -C 127.0.0.1 $PORT <<.\nHELO x\nQUIT\n.", peer: "tcp", steps: []string{"send peer '220 x\\r\\n'", "read peer 14", "send peer '221 x\\r\\n'", "close peer"}},
	{name: "tar", script: "mkdir a b; echo one >a/1; echo two >a/2; nc -l 127.0.0.1 $P1 </dev/null | tar xf - -C b & " +
		"until tar cf - -C a . | nc -N 127.0.0.1 $P1; do :; done; wait; cat b/1 b/2"},
	{name: "a file", script: "head -c 3000000 /dev/zero >in; nc -l 127.0.0.1 $P1 </dev/null >out & until nc -N 127.0.0.1 $P1 <in; do :; done; wait; cmp in out && echo same"},
	{name: "an echo server of a FIFO", script: "mkfifo f; cat f | cat | nc -l 127.0.0.1 $PORT >f", peer: "dial tcp",
		steps: []string{"send peer one\\n", "read peer 4", "send peer two\\n", "read peer 4", "close peer"}},
	{name: "a shell of a FIFO", script: "mkfifo f; cat f | /bin/sh 2>&1 | nc -l 127.0.0.1 $PORT >f", peer: "dial tcp",
		steps: []string{"send peer 'echo $((6*7))\\n'", "read peer 3", "close peer"}},
	{name: "a log of many", script: "nc -lk 127.0.0.1 $PORT >log & p=$!; until echo one | nc -N 127.0.0.1 $PORT; do :; done; echo two | nc -N 127.0.0.1 $PORT; until grep -q two log; do :; done; kill $p; cat log"},
	{name: "a canned answer", script: "echo pong | nc -lN 127.0.0.1 $P1 & until echo ping | nc -N 127.0.0.1 $P1 >got; do :; done; wait; cat got"},
	{name: "background with no input", script: "nc -l 127.0.0.1 $PORT >out & wait; cat out", peer: "dial tcp", steps: []string{"send peer x\\n", "close peer"}},
	{name: "input closed", script: "nc 127.0.0.1 $PORT <&-", peer: "tcp", steps: []string{"send peer BYE\\n", "close peer"},
		fault: "nc takes the connection for its standard input", want: []string{`status 0`, `stdout "BYE\n"`}},
	{name: "output full", script: "nc 127.0.0.1 $PORT >/dev/full", peer: "tcp", steps: []string{"send peer BYE\\n", "close peer"},
		fault: "nc does not see that standard output cannot be written", want: []string{`status 1`, `stderr "nc: standard output could not be written: No space left on device\n"`}},
	{name: "the reader goes", script: "(sleep 1; echo end) | nc 127.0.0.1 $PORT | head -c 2", peer: "tcp", steps: []string{"send peer BYE\\n", "read peer 4", "close peer"}},
	{name: "which netcat is it", script: "nc -h 2>&1 | grep -q -- -N && echo has -N"},
	{name: "OpenBSD's", script: "nc -h 2>&1 | head -1 | grep -o 'OpenBSD netcat'"},
}
