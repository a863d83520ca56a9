package obligation

// Count counts obligations (R10). What is missing is Expected - Received; nothing is clamped.
type Count struct {
	Expected, Received, Approved, Waiting, Late, Returned, Overdue int32
	// Excluded stand outside of all others (R11).
	Excluded int32
}

// Add counts one obligation.
func (c *Count) Add(s Standing, state State) {
	if state == Out {
		c.Excluded++
		return
	}
	c.Expected++
	if s.Received() {
		c.Received++
		if s&Official != 0 {
			c.Approved++
		}
		if s&Waiting != 0 {
			c.Waiting++
		}
		if s&Late != 0 {
			c.Late++
		}
	}
	switch state {
	case SentBack:
		c.Returned++
	case Overdue:
		c.Overdue++
	case NotOpen, Due, Draft, Awaiting, Done, Out, Closed:
	}
}

// Merge adds another count.
func (c *Count) Merge(o Count) {
	c.Expected += o.Expected
	c.Received += o.Received
	c.Approved += o.Approved
	c.Waiting += o.Waiting
	c.Late += o.Late
	c.Returned += o.Returned
	c.Overdue += o.Overdue
	c.Excluded += o.Excluded
}

// Missing is what was expected and has not come.
func (c Count) Missing() int32 { return c.Expected - c.Received }
