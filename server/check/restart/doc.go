// Package restart measures how long a start takes after a crash and after a clean stop, beside one reading of the journal.
package restart
