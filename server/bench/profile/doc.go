// Package profile tells where processes spend the processor's time: it has them take profiles while something else is
// measured, reads these, and shares every sample out among the parts of the way that a report takes.
package profile
