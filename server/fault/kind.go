package fault

// Kind says what sort of failure an error is; each kind is one canonical code on the wire.
type Kind uint8

// The kinds. The zero value is KindInternal on purpose: an error that forgets its kind must not look like the caller's fault.
const (
	// KindInternal is a failure of the server itself; its cause stays in the log.
	KindInternal Kind = iota
	// KindInvalid is a request that is wrong whatever the state of the server.
	KindInvalid
	// KindNotFound is a name of something that does not exist, or that the caller may not know of.
	KindNotFound
	// KindExists is an attempt to create what is there already.
	KindExists
	// KindConflict is a change made against something that has changed since it was read.
	KindConflict
	// KindPrecondition is a request that would be right in another state: too early, closed, not yet approved.
	KindPrecondition
	// KindDenied is a request that this caller may not make.
	KindDenied
	// KindUnauthenticated is a request without a usable credential.
	KindUnauthenticated
	// KindExhausted is a limit that was reached: queue, rate, size, disk.
	KindExhausted
	// KindUnavailable is a passing failure; the same request may succeed later.
	KindUnavailable
	// KindDataLoss is stored data that no longer reads as it was written.
	KindDataLoss
)

// kindNames is indexed by kind; its length is the number of kinds.
var kindNames = [...]string{
	"Internal", "Invalid", "NotFound", "Exists", "Conflict", "Precondition",
	"Denied", "Unauthenticated", "Exhausted", "Unavailable", "DataLoss",
}

// String gives the name as it stands in this package; an unknown kind reads as Internal, as the edge treats it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[KindInternal]
}

// Kinds lists every kind, so that a table over kinds can be proved complete.
func Kinds() []Kind {
	kinds := make([]Kind, len(kindNames))
	for i := range kinds {
		kinds[i] = Kind(i) //nolint:gosec // there are eleven
	}
	return kinds
}
