// Package report keeps what a benchmark measured, round by round, and judges it: medians, ratios within a round, and the
// goals with their floors and aims. It measures nothing itself.
package report
