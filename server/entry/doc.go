// Package entry holds the entries of the journal, as Go types and as bytes.
package entry
