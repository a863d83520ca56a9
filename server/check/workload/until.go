//go:build unix

package workload

// Until gives the same people with the record as it is now, for a store that was restored from a backup which ended with
// this entry: what was acknowledged with a later sequence must not be there. It is without a server, and for judging alone.
func (w *World) Until(sequence int64) *World {
	h := newHistory()
	for _, a := range w.Attempts() {
		for i := range a.Items {
			if item := &a.Items[i]; item.Outcome == Acknowledged && item.Sequence > sequence {
				item.Outcome, item.Reason = Refused, "accepted after the backup"
			}
		}
		h.record(&a)
	}
	h.count = w.Mark()
	return w.copy(h)
}

// Newest gives the greatest sequence that was acknowledged.
func (w *World) Newest() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.head
}
