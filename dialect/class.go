package dialect

// Class is what kind of error a database answered, and so what may be done about it.
type Class int

// Classes of errors.
const (
	Unknown     Class = iota // anything else: final
	RowFault                 // the values of a row, or several rows together, are at fault: fewer rows may go in
	Conflict                 // deadlock, serialization failure, lock timeout, two that make the same thing: again
	Unavailable              // the connection is lost, the server restarts or takes no more connections: again
	Forbidden                // local infile and the like is switched off: another route may do
	ReadOnly                 // a replica, or a database opened for reading
	Full                     // no room on the disk
	Denied                   // the login, or a privilege
	Missing                  // a table, column or database is not there
)

// Transient says that nothing is wrong with what was asked: the same may go well later.
func (c Class) Transient() bool { return c == Conflict || c == Unavailable }

func (c Class) String() string {
	switch c {
	case RowFault:
		return "row fault"
	case Conflict:
		return "conflict"
	case Unavailable:
		return "unavailable"
	case Forbidden:
		return "forbidden"
	case ReadOnly:
		return "read-only"
	case Full:
		return "full"
	case Denied:
		return "denied"
	case Missing:
		return "missing"
	}
	return "unknown"
}
