package sandbox

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// enter sets no_new_privs (prctl(2)) and, where the kernel has it, a Landlock
// domain (landlock(7), Linux 5.13).
//
// Both are properties of a thread, and are set on all of them by
// syscall.AllThreadsSyscall, which refuses in a program that is linked with
// cgo: there nothing is in force.
func enter(needs Needs) (inForce []string, err error) {
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return nil, absent(errno)
	}
	inForce = append(inForce, "no_new_privs")
	abi, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return inForce, absent(errno)
	}
	if err := landlock(int(abi), needs); err != nil {
		return inForce, absent(err)
	}
	return append(inForce, "landlock"), nil
}

// absent returns nil for an error which says that the system, or this build,
// lacks the feature or has it switched off.
func absent(err error) error {
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPERM) {
		return nil
	}
	return err
}

// landlock confines the process to a domain with what abi, the version of the
// kernel's interface, can restrict.
func landlock(abi int, needs Needs) error {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: fileRights(abi), Handled_access_net: netRights(abi, needs)}
	set, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), attrSize(abi), 0)
	if errno != 0 {
		return os.NewSyscallError("landlock_create_ruleset", errno)
	}
	defer unix.Close(int(set))
	if err := allowFiles(int(set), needs); err != nil {
		return err
	}
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0, 0); errno != 0 {
		return os.NewSyscallError("landlock_restrict_self", errno)
	}
	return nil
}

// attrSize returns how much of a ruleset's attributes a kernel of abi knows.
func attrSize(abi int) uintptr {
	if abi < 4 {
		return unsafe.Sizeof(unix.LandlockRulesetAttr{}.Handled_access_fs)
	}
	return unsafe.Offsetof(unix.LandlockRulesetAttr{}.Handled_access_net) + unsafe.Sizeof(unix.LandlockRulesetAttr{}.Handled_access_net)
}

// fileRights returns every right on files that abi can withhold.
func fileRights(abi int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1) // the thirteen of the first version
	if abi >= 2 {
		rights |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi >= 3 {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	return rights
}

// netRights returns the rights on TCP sockets to be withheld. Multipath TCP and
// UDP are not withheld by any version up to 7 (Linux 6.15).
func netRights(abi int, needs Needs) (rights uint64) {
	if abi < 4 {
		return 0
	}
	if !needs.Connect {
		rights |= unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if !needs.Listen {
		rights |= unix.LANDLOCK_ACCESS_NET_BIND_TCP
	}
	return rights
}

// allowFiles adds to a ruleset what needs keeps. The null device stands in for
// descriptors that are closed.
func allowFiles(set int, needs Needs) error {
	const read = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	err := allow(set, os.DevNull, unix.LANDLOCK_ACCESS_FS_READ_FILE|unix.LANDLOCK_ACCESS_FS_WRITE_FILE)
	reads := needs.Read
	if needs.Connect {
		reads = append(resolverFiles(), reads...)
	}
	for _, path := range reads {
		if err == nil {
			err = allow(set, path, read)
		}
	}
	for _, path := range needs.Remove {
		if err == nil {
			err = allow(set, path, unix.LANDLOCK_ACCESS_FS_REMOVE_FILE)
		}
	}
	return err
}

// allow adds rights on what is at path, and beneath it if it is a directory.
func allow(set int, path string, rights uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil // there is nothing to allow
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &^= unix.LANDLOCK_ACCESS_FS_READ_DIR // a right of directories only
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(set), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return &os.PathError{Op: "landlock_add_rule", Path: path, Err: errno}
	}
	return nil
}
