package main

// What the dialects say. These are functions, because a table would be made
// each time that gonc starts.

func goncHead() string { return helpHead }

func goncWords(string) (string, bool) { return "", false }

func ncHead() string { return "OpenBSD netcat as gonc " + version + " plays it\n" + ncUsage + "\n" }

const ncUsage = `usage: nc [-46bCDdFhklNnrStUuvz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`

// ncWords are the words of OpenBSD's nc.
func ncWords(sentence string) (own string, ok bool) {
	switch sentence {
	case "half-close after standard input (the default)":
		return "half-close after standard input", true
	case "end this long after standard input; 0: once sent":
		return "end this long after standard input; 0: once silent", true
	case `unknown option "-%s"`:
		return "invalid option -- '%s'", true
	case "option -%s needs an argument":
		return "option requires an argument -- '%s'", true
	case "missing host and port":
		return "", true
	case "missing path of the Unix socket":
		return "", true
	case "missing path of the Unix socket to listen on":
		return "missing socket pathname", true
	case "one address and one port are enough, and %s came after them":
		return "", true
	case "one path is enough, and %s came after it":
		return "cannot use port with -U", true
	case "-l and -z exclude each other":
		return "cannot use -z and -l", true
	case "-k is for listening":
		return "must use -l with -k", true
	case "a proxy and -l exclude each other":
		return "no proxy support for listen", true
	case "a proxy and -u exclude each other: the proxies spoken here carry TCP":
		return "no proxy support for UDP mode", true
	case "-U and a proxy exclude each other":
		return "no proxy support for unix sockets", true
	case "proxy type %s is none of socks4, socks4a, socks5, http":
		return "unsupported proxy protocol", true
	case missingOption:
		return "no alternate %[1]s support available", true
	case "set %s to %s: %s":
		return "set %[1]s: %[3]s", true
	case "%[1]s has no %[2]s address":
		return `getaddrinfo for host "%[1]s" port %[3]s: Address family for hostname not supported`, true
	case "%[1]q is not a numeric address":
		return "getaddrinfo for host %[1]q port %[2]s: Name or service not known", true
	case "listen on %s (%s) failed: %s":
		return "%[3]s", true
	case "listen on %s failed: %s":
		return "%[2]s", true
	case "connect to %s failed: %s":
		return "%[1]s: %[2]s", true
	case badSource:
		return "bind failed: %[4]s", true
	case "connect to %s port %d (%s) failed: Connection timed out":
		return "connect to %s port %d (%s) timed out: Operation now in progress", true
	case "Connection to %s port [%s] succeeded!":
		return "", true
	}
	return "", false
}

// ncValues are its words about values, with a reason ("too small") and the
// value in them.
func ncValues(long string) (own string, ok bool) {
	switch long {
	case "timeout":
		return "timeout {why}: {text}", true
	case "interval":
		return "interval {why}: {text}", true
	case "quit-after":
		return "quit timer {why}: {text}", true
	case "recv-limit":
		return "receive limit {why}: {text}", true
	case "recv-buffer":
		return "TCP receive window {why}: {text}", true
	case "send-buffer":
		return "TCP send window {why}: {text}", true
	case "ttl":
		return "ttl is {why}", true
	case "min-ttl":
		return "minttl is {why}", true
	case "tos":
		return "illegal tos value {text}", true
	case "rtable":
		return "no alternate routing table support available", true
	}
	return "", false
}
