package option

import (
	"math"
	"strings"
)

// A Kind says what an option takes.
type Kind uint8

// The kinds of options.
const (
	Flag         Kind = iota
	Counter           // a flag that counts how often it is given
	OptionalText      // a word behind an equals sign, or nothing
	Text              // a text that is not empty
	AnyText           // a text
	List              // a text that is not empty; given again, one more
	Number            // a whole number within limits
	Time              // a time from 0 up
	SignedTime        // a time; a negative one means never
	Rate              // bytes a second, with or without K, M or G
	Keyword           // a type of service
	Choice            // one of the words that the name of the argument lists
)

// A Row describes an option.
type Row struct {
	Names []string // its long names, the usual one first; none: it has only a letter
	Arg   string   // what its argument is called; empty: it takes none
	Kind  Kind
	Help  string

	min, max int64 // the limits of a number
}

// RowOf returns the description of id.
func RowOf(id ID) *Row { return &table[id] }

// IsBuilt reports whether the option can be used; the help lists no other.
func (id ID) IsBuilt() bool { return id.built() && !id.isForeign() }

// Choices returns the words that the argument of a Choice may be.
func (r *Row) Choices() []string { return strings.Split(r.Arg, "|") }

// takesArg reports whether what follows the option belongs to it.
func (r *Row) takesArg() bool { return r.Kind >= Text }

// table is data that the linker lays out; nothing is made of it at start-up.
var table = [NumIDs]Row{
	IPv4:          {Names: []string{"ipv4"}, Help: "use IPv4 only"},
	IPv6:          {Names: []string{"ipv6"}, Help: "use IPv6 only"},
	UDP:           {Names: []string{"udp"}, Help: "use UDP; with -U Unix datagrams"},
	Unix:          {Names: []string{"unixsock"}, Help: "use a Unix socket"},
	Listen:        {Names: []string{"listen"}, Help: "listen for a connection"},
	SourcePort:    {Names: []string{"source-port"}, Arg: "port", Kind: Text, Help: "source port; with -l the port to listen on"},
	Source:        {Names: []string{"source"}, Arg: "addr", Kind: Text, Help: "source address; with -l where to listen"},
	KeepOpen:      {Names: []string{"keep-open"}, Help: "with -l: serve many connections, all at once"},
	MaxConns:      {Names: []string{"max-conns"}, Arg: "n", Kind: Number, min: 1, max: math.MaxInt32, Help: "at most n at once (-k: 1000, --http: 10000)"},
	NoDNS:         {Names: []string{"nodns"}, Help: "numeric addresses only"},
	NoStdin:       {Names: []string{"no-stdin"}, Help: "do not read standard input"},
	SendOnly:      {Names: []string{"send-only"}, Help: "only send; received data is dropped"},
	RecvOnly:      {Names: []string{"recv-only"}, Help: "only receive"},
	HalfClose:     {Names: []string{"half-close"}, Help: "half-close after standard input (the default)"},
	NoShutdown:    {Names: []string{"no-shutdown"}, Help: "never half-close"},
	QuitAtPeerEOF: {Names: []string{"quit-at-peer-eof"}, Help: "end at the peer's EOF, whatever is left to send"},
	QuitAfter:     {Names: []string{"quit-after"}, Arg: "time", Kind: SignedTime, Help: "end this long after standard input; 0: once sent"},

	Timeout:        {Names: []string{"timeout"}, Arg: "time", Kind: Time, Help: "limit on connecting and on idleness"},
	ConnectTimeout: {Names: []string{"connect-timeout", "wait"}, Arg: "time", Kind: Time, Help: "limit on connecting"},
	IdleTimeout:    {Names: []string{"idle-timeout"}, Arg: "time", Kind: Time, Help: "limit on idleness of a connection; status 1"},
	AcceptTimeout:  {Names: []string{"accept-timeout"}, Arg: "time", Kind: Time, Help: "fail if no connection arrives in time; status 1"},

	CRLF:        {Names: []string{"crlf"}, Help: "send LF as CRLF"},
	Interval:    {Names: []string{"interval"}, Arg: "time", Kind: Time, Help: "pause between lines sent, between ports scanned"},
	RecvLimit:   {Names: []string{"recv-limit"}, Arg: "n", Kind: Number, min: 1, max: math.MaxInt32, Help: "end after n reads or datagrams received"},
	Telnet:      {Names: []string{"telnet"}, Help: "refuse telnet options; keep them out of the output"},
	Scan:        {Names: []string{"zero", "scan"}, Help: "scan: connect and close"},
	RandomPorts: {Names: []string{"random-ports"}, Help: "scan ports in random order"},
	Broadcast:   {Names: []string{"broadcast"}, Help: "allow broadcast"},
	PassFD:      {Names: []string{"pass-fd"}, Help: "pass the descriptor over standard output and end"},

	SOCKS:     {Arg: "addr", Kind: List, Help: "proxy, SOCKS 5 unless -X or a URL says otherwise"},
	Proxy:     {Names: []string{"proxy"}, Arg: "addr", Kind: List, Help: "proxy, HTTP by default; given again: a chain"},
	ProxyType: {Names: []string{"proxy-type"}, Arg: "type", Kind: Text, Help: "4, 4a, 5 or connect: socks4, socks4a, socks5, http"},
	ProxyUser: {Names: []string{"proxy-user"}, Arg: "user", Kind: Text, Help: "proxy user; password: GONC_PROXY_PASSWORD"},
	ProxyAuth: {Names: []string{"proxy-auth"}, Arg: "user:pass", Kind: Text, Help: "proxy login; also GONC_PROXY_AUTH, NCAT_PROXY_AUTH"},
	ProxyDNS:  {Names: []string{"proxy-dns"}, Arg: "local|remote|both|none", Kind: Choice, Help: "what resolves names; remote by default"},

	TTL:        {Names: []string{"ttl"}, Arg: "n", Kind: Number, min: 0, max: 255, Help: "time to live of what is sent"},
	MinTTL:     {Names: []string{"min-ttl"}, Arg: "n", Kind: Number, min: 0, max: 255, Help: "least time to live of what is accepted"},
	RecvBuffer: {Names: []string{"recv-buffer"}, Arg: "bytes", Kind: Number, min: 1, max: 1 << 30, Help: "size of the receive buffer"},
	SendBuffer: {Names: []string{"send-buffer"}, Arg: "bytes", Kind: Number, min: 1, max: 1 << 30, Help: "size of the send buffer"},
	TOS:        {Names: []string{"tos"}, Arg: "keyword", Kind: Keyword, Help: "type of service: a keyword or a number up to 255"},
	TCPMD5:     {Names: []string{"tcp-md5"}, Help: "sign TCP segments; key: GONC_TCP_MD5, terminal"},
	Debug:      {Names: []string{"so-debug"}, Help: "SO_DEBUG"},
	RTable:     {Names: []string{"rtable"}, Arg: "n", Kind: Number, min: 0, max: math.MaxInt32, Help: "routing table, where the system has several"},
	Congestion: {Names: []string{"congestion"}, Arg: "name", Kind: Text, Help: "TCP congestion control of this connection"},
	Interface:  {Names: []string{"interface"}, Arg: "name", Kind: Text, Help: "bind to an interface; join multicast groups on it"},
	KeepAlive:  {Names: []string{"keepalive"}, Arg: "time[,time[,n]]", Kind: Text, Help: "TCP keepalive: idle time, interval, count"},

	Exec:      {Names: []string{"exec"}, Arg: "cmd", Kind: Text, Help: "run a program for each connection"},
	ShExec:    {Names: []string{"sh-exec"}, Arg: "cmd", Kind: Text, Help: "run a command line with /bin/sh"},
	HTTP:      {Names: []string{"http"}, Help: "with -l: answer with a test page"},
	Page:      {Names: []string{"page"}, Arg: "file", Kind: Text, Help: "with --http: this file; - is standard input"},
	Reply:     {Names: []string{"reply"}, Arg: "text", Kind: AnyText, Help: "with -l: answer each connection with text"},
	Broker:    {Names: []string{"broker"}, Help: "listen; pass on what each sends to all others"},
	Chat:      {Names: []string{"chat"}, Help: "a broker that also names the senders"},
	Allow:     {Names: []string{"allow"}, Arg: "hosts", Kind: List, Help: "with -l: accept these hosts only"},
	AllowFile: {Names: []string{"allowfile"}, Arg: "file", Kind: List, Help: "with -l: accept the hosts listed in file only"},
	Deny:      {Names: []string{"deny"}, Arg: "hosts", Kind: List, Help: "with -l: refuse these hosts"},
	DenyFile:  {Names: []string{"denyfile"}, Arg: "file", Kind: List, Help: "with -l: refuse the hosts listed in file"},

	TLS:           {Names: []string{"ssl", "tls"}, Help: "TLS; each --ssl-... implies it"},
	TLSVerify:     {Names: []string{"ssl-verify", "tls-verify"}, Help: "verify the peer's certificate (the default)"},
	TLSNoVerify:   {Names: []string{"ssl-no-verify", "tls-no-verify", "insecure"}, Help: "do not verify the peer's certificate"},
	TLSTrustFile:  {Names: []string{"ssl-trustfile", "tls-trustfile"}, Arg: "file", Kind: Text, Help: "certificates to trust; with -l: of clients"},
	TLSCert:       {Names: []string{"ssl-cert", "tls-cert"}, Arg: "file", Kind: Text, Help: "certificate chain, PEM"},
	TLSKey:        {Names: []string{"ssl-key", "tls-key"}, Arg: "file", Kind: Text, Help: "key of the certificate, PEM"},
	TLSServerName: {Names: []string{"ssl-servername", "tls-servername"}, Arg: "name", Kind: Text, Help: "name to ask for and to verify"},
	TLSALPN:       {Names: []string{"ssl-alpn", "tls-alpn"}, Arg: "list", Kind: Text, Help: "application protocols, separated by commas"},
	TLSCiphers:    {Names: []string{"ssl-ciphers", "tls-ciphers"}, Arg: "list", Kind: Text, Help: "TLS 1.2 cipher suites"},
	TLSMin:        {Names: []string{"ssl-min", "tls-min"}, Arg: "1.0|1.1|1.2|1.3", Kind: Choice, Help: "lowest version; 1.2 by default"},
	TLSMax:        {Names: []string{"ssl-max", "tls-max"}, Arg: "1.0|1.1|1.2|1.3", Kind: Choice, Help: "highest version; 1.3 by default"},
	TLSPin:        {Names: []string{"ssl-pin", "tls-pin"}, Arg: "pins", Kind: Text, Help: "the peer's key (sha256//...) or certificate (hex)"},

	Output:       {Names: []string{"output"}, Arg: "file", Kind: Text, Help: "record both directions as they are"},
	HexDump:      {Names: []string{"hex-dump"}, Arg: "file", Kind: Text, Help: "record both directions in hex"},
	AppendOutput: {Names: []string{"append-output"}, Help: "append to the files of --output and --hex-dump"},
	Progress:     {Names: []string{"progress"}, Arg: "plain", Kind: OptionalText, Help: "show progress on a terminal; =plain: anywhere"},
	Hash:         {Names: []string{"hash"}, Arg: "sha256|sha512|blake2b", Kind: Choice, Help: "print digests of the transfer"},
	LimitRate:    {Names: []string{"limit-rate"}, Arg: "rate", Kind: Rate, Help: "bytes a second each way; K, M and G may follow"},

	To:                  {Names: []string{"to"}, Arg: "address", Kind: List, Help: "with -l: forward each connection there"},
	ProxyServer:         {Names: []string{"proxy-server"}, Help: "with -l: be an HTTP and SOCKS proxy"},
	AllowTo:             {Names: []string{"allow-to"}, Arg: "targets", Kind: List, Help: "targets the proxy server may connect to"},
	DenyTo:              {Names: []string{"deny-to"}, Arg: "targets", Kind: List, Help: "targets the proxy server may not connect to"},
	ProxyProtocol:       {Names: []string{"proxy-protocol"}, Arg: "v1|v2", Kind: Choice, Help: "with --to: send a PROXY protocol header"},
	AcceptProxyProtocol: {Names: []string{"accept-proxy-protocol"}, Help: "with -l: require a PROXY protocol header"},
	SocketActivation:    {Names: []string{"socket-activation"}, Help: "with -l: serve the sockets that systemd passed"},

	Retry:      {Names: []string{"retry"}, Arg: "time", Kind: Time, Help: "try again to connect, for at most this long"},
	Explain:    {Names: []string{"explain"}, Help: "print step by step why it does not connect"},
	JSON:       {Names: []string{"json"}, Help: "events as JSON lines; with -z results on stdout"},
	NoSandbox:  {Names: []string{"no-sandbox"}, Help: "do not give up rights that are not needed"},
	Completion: {Names: []string{"completion"}, Arg: "bash|zsh|fish", Kind: Choice, Help: "print a completion script"},
	Verbose:    {Names: []string{"verbose"}, Kind: Counter, Help: "verbose; -vv: times, too; -vvv: request heads"},
	Dialect:    {Names: []string{"dialect"}, Arg: "name", Kind: Text, Help: "first argument: gonc, nc or ncat; GONC_DIALECT"},
	Help:       {Names: []string{"help"}, Help: "print this help"},
	Version:    {Names: []string{"version"}, Help: "print the version"},

	SourceRoute:        {Arg: "hops", Kind: Text},
	SourceRoutePointer: {Arg: "n", Kind: Text},
	SCTP:               {},
	VSock:              {},
	LuaExec:            {Arg: "file", Kind: Text},
	Engine:             {Arg: "name", Kind: Text},
	SelfTest:           {},
}
