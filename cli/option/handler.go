package option

// A handler is an option that says what is done with a connection instead of
// joining it to standard input and output.
type handler struct {
	id         ID
	listenOnly bool // it is for connections that were accepted
	streamOnly bool // it is not for datagrams
	ownLimits  bool // it has time limits of its own
	unrecorded bool // what goes by is not seen by recorders and meters
	takes      []ID // the options of a relay that it heeds
}

// handlers is every handler. Its conflicts follow from what it says.
var handlers = [...]handler{
	{id: HTTP, listenOnly: true, streamOnly: true, ownLimits: true, unrecorded: true},
	{id: Reply, listenOnly: true},
	{id: Exec},
	{id: ShExec},
	{id: Broker, listenOnly: true, takes: []ID{NoStdin, CRLF, Interval}},
	{id: Chat, listenOnly: true, takes: []ID{NoStdin, CRLF, Interval}},
	{id: To, listenOnly: true},
	{id: ProxyServer, listenOnly: true, streamOnly: true, unrecorded: true},
}

// relayOptions are about the relay between a connection and standard input and
// output, so that a handler does not heed them by itself.
var relayOptions = [...]ID{
	NoStdin, SendOnly, RecvOnly, HalfClose, NoShutdown, QuitAtPeerEOF, QuitAfter, CRLF, Interval, RecvLimit, Telnet, Progress,
}

// recordOptions see what goes by.
var recordOptions = [...]ID{Output, HexDump, Hash, LimitRate}

// handlerConflicts calls yield with each conflict that follows from the table
// of handlers, until it returns false.
func handlerConflicts(yield func(Conflict) bool) {
	for i := range handlers {
		h := &handlers[i]
		if h.listenOnly && !yield(Conflict{A: h.id, B: Listen, Reason: Needs}) {
			return
		}
		if h.streamOnly && !yield(Conflict{A: h.id, B: UDP, Reason: StreamsOnly}) {
			return
		}
		for j := range handlers[:i] {
			other := handlers[j].id
			if h.id == Chat && other == Broker {
				continue // a chat is a broker
			}
			if !yield(Conflict{A: other, B: h.id, Reason: OneHandler}) {
				return
			}
		}
		if !h.conflictsOfRelay(yield) {
			return
		}
	}
}

// conflictsOfRelay calls yield with the conflicts of a handler with options
// that are about a relay, and reports whether it always returned true.
func (h *handler) conflictsOfRelay(yield func(Conflict) bool) bool {
	for _, id := range relayOptions {
		if !h.heeds(id) && !yield(Conflict{A: id, B: h.id, Reason: NoEffect, Harmless: true}) {
			return false
		}
	}
	if h.unrecorded {
		for _, id := range recordOptions {
			if !yield(Conflict{A: id, B: h.id, Reason: NoEffect}) {
				return false
			}
		}
	}
	if h.ownLimits {
		return yield(Conflict{A: Timeout, B: h.id, Reason: OwnLimits}) && yield(Conflict{A: IdleTimeout, B: h.id, Reason: OwnLimits})
	}
	return true
}

func (h *handler) heeds(id ID) bool {
	for _, t := range h.takes {
		if t == id {
			return true
		}
	}
	return false
}
