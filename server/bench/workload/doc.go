// Package workload makes the reports that benchmarks send: a country of a given shape whose communes report 54 values a
// month, always the same ones, in every form in which a contestant takes them, and what they add up to.
package workload
