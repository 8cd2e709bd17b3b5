// Package zerocopy moves bytes between two descriptors inside the kernel, where
// the system can do that.
package zerocopy

// A Flow is the direction of a relay whose bytes are moved.
type Flow interface {
	// Stopped reports whether nothing more is to be read.
	Stopped() bool

	// NoteRead notes that something was read.
	NoteRead()

	// SetWriting notes whether something that was read is being written.
	SetWriting(bool)

	// NoteWritten notes that n bytes were written.
	NoteWritten(n int64)

	// WriteAll writes all of b plainly, and notes that.
	WriteAll(b []byte) error
}
