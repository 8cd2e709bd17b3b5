// Package sandbox gives up what the program does not need any more once
// everything is open: files, new connections, new listeners. A fault in what
// parses bytes of the network then cannot be used to reach further.
//
// Descriptors that are open already keep working.
package sandbox

// Needs lists the rights that the program keeps after Enter. The zero
// value is a relay of connections and files that are all open.
type Needs struct {
	// Connect keeps the right to make connections. It includes the files of
	// the resolver, which are read for each name.
	Connect bool

	// Listen keeps the right to bind addresses.
	Listen bool

	// Read is files, and directories with all that is in them, which may still
	// be read. A path that does not exist is passed over.
	Read []string

	// Remove is directories in which files may still be removed, as a listener
	// does with the file of its Unix socket.
	Remove []string
}

// Enter restricts the process and its children to needs, for good. It returns
// the names of what is in force, such as "landlock"; none where the system has
// nothing of the kind, which is no error. It may be called once.
func Enter(needs Needs) (inForce []string, err error) { return enter(needs) }

// resolverFiles returns what looking up a name or a service reads: resolver(5),
// hosts(5), services(5), nsswitch.conf(5), and the file that the first two are
// symbolic links to where systemd-resolved runs.
func resolverFiles() []string {
	return []string{"/etc", "/run/systemd/resolve", "/run/resolvconf"}
}
