// Package aggregator holds the state that follows from the journal, in bbolt: it applies entries and answers queries.
package aggregator
