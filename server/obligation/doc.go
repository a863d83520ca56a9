// Package obligation says how far a report that is owed has come.
//
// An obligation is a unit, a form and a base period. What has come of it is its [Standing], which entries alone change.
// How it stands at an instant is its [State], which is derived from the standing and a [Window], the instants between
// which a report may be sent in time; so a deadline passes without an entry, and nothing here reads the clock. A [Count]
// brings many together.
package obligation
